// One Duktape heap for one frame: its allocator, its budget, and the way from a script's call back
// to the frame.
#pragma once

#include <duktape.h>

#include "models/parts/contract/frame.hpp"

namespace ledgerlab::js {

class Heap {
 public:
  explicit Heap(contract::Frame& frame);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  contract::Frame& frame() const { return frame_; }
  static Heap& of(duk_context* context);

  /// Runs `function(data)` protected; false if it raised, the error's text in `error`.
  bool run(duk_ret_t (*function)(duk_context*, void*), void* data, std::string& error);
  bool out_of_budget();

 private:
  static void* allocate(void* self, duk_size_t size);
  static void* reallocate(void* self, void* block, duk_size_t size);
  static void release(void* self, void* block);

  contract::Frame& frame_;
  duk_context* context_ = nullptr;
  bool counting_ = false;  // the heap's own beginnings are paid with the frame
  std::size_t held_ = 0;
};

/// Leaves of the language what a contract may use and adds the ledger. Called inside Heap::run.
void open_library(duk_context* context);

}  // namespace ledgerlab::js
