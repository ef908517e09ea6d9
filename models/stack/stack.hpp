// A Stack is one node: the slots `overlay relay mempool sync consensus application client`, each
// empty or holding one module (DESIGN 13.1). It is a Module itself. It delivers inputs to their
// slot and handles local calls in the same instant, first in first out; outer effects reach the
// host.
#pragma once

#include <array>
#include <memory>

#include "models/api/module.hpp"
#include "models/base/line_pool.hpp"

namespace ledgerlab {

class Stack final : public Module {
 public:
  static void* operator new(std::size_t bytes) { return line_pool::take(bytes); }
  static void operator delete(void* room, std::size_t bytes) { line_pool::give(room, bytes); }
  /// Calls to an empty slot are dropped.
  void fill(Slot slot, std::unique_ptr<Module> module);
  Module* at(Slot slot) const {
    const auto place = static_cast<std::size_t>(slot);
    return place < modules_.size() ? modules_[place].get() : nullptr;
  }

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;  // records carry their slot
  void inspect(Inspector& inspector) const override;
  void warm(unsigned depth) const override;

 private:
  void drain_calls(const Input& input, Effects& effects);

  // No module for the session slot: the object is one cache line.
  std::array<std::unique_ptr<Module>, static_cast<std::size_t>(Slot::session)> modules_;
};
static_assert(sizeof(Stack) == 64);

}  // namespace ledgerlab
