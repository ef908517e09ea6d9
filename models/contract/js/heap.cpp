#include "models/contract/js/heap.hpp"

#include <cstdlib>
#include <stdexcept>

namespace ledgerlab::js {

namespace {

constexpr std::int64_t steps_per_interrupt = 256;  // CMakeLists.txt
constexpr std::int64_t gas_per_byte = 1;

constexpr std::size_t grace = std::size_t{32} << 20;

// Before each block its size; the alignment stays.
constexpr std::size_t header = 16;

[[noreturn]] void fatal(void*, const char* why) {
  throw std::logic_error(std::string("Duktape: ") + why);
}

}  // namespace

Heap::Heap(contract::Frame& frame) : frame_(frame) {
  context_ = duk_create_heap(&Heap::allocate, &Heap::reallocate, &Heap::release, this, fatal);
  if (context_ == nullptr) throw std::bad_alloc();
  counting_ = true;
}

Heap::~Heap() {
  counting_ = false;
  duk_destroy_heap(context_);
}

Heap& Heap::of(duk_context* context) {
  duk_memory_functions functions;
  duk_get_memory_functions(context, &functions);
  return *static_cast<Heap*>(functions.udata);
}

void* Heap::allocate(void* self, duk_size_t size) { return reallocate(self, nullptr, size); }

void* Heap::reallocate(void* self, void* block, duk_size_t size) {
  Heap& heap = *static_cast<Heap*>(self);
  char* const raw = block == nullptr ? nullptr : static_cast<char*>(block) - header;
  const std::size_t old_size = raw == nullptr ? 0 : *reinterpret_cast<std::size_t*>(raw);
  if (size == 0) {
    release(self, block);
    return nullptr;
  }
  if (size > old_size && heap.counting_) {
    const std::size_t more = size - old_size;
    // Duktape answers a refusal by collecting garbage ten times. The frame is stopped instead, and
    // the script may take a little more until its next question for the budget ends it.
    if (heap.held_ + more > heap.frame_.limits().memory_bytes) {
      heap.frame_.stop(ContractStatus::out_of_gas, "out of memory");
    }
    heap.frame_.charge(static_cast<std::int64_t>(more) * gas_per_byte);
    if (heap.held_ + more > heap.frame_.limits().memory_bytes + grace) return nullptr;
  }
  char* const out = static_cast<char*>(std::realloc(raw, size + header));
  if (out == nullptr) return nullptr;
  *reinterpret_cast<std::size_t*>(out) = size;
  heap.held_ += size - old_size;
  return out + header;
}

void Heap::release(void* self, void* block) {
  if (block == nullptr) return;
  char* const raw = static_cast<char*>(block) - header;
  static_cast<Heap*>(self)->held_ -= *reinterpret_cast<std::size_t*>(raw);
  std::free(raw);
}

bool Heap::out_of_budget() {
  if (!counting_) return false;
  // Paid before the instructions run. True now is true for ever: Duktape then raises at every
  // instruction, in handlers and `finally` too, until the contract has been left.
  return !frame_.charge_steps(steps_per_interrupt);
}

bool Heap::run(duk_ret_t (*function)(duk_context*, void*), void* data, std::string& error) {
  if (duk_safe_call(context_, function, data, 0, 1) == DUK_EXEC_SUCCESS) return true;
  // An error's own methods are not asked.
  if (duk_is_string(context_, -1)) {
    error = duk_get_string(context_, -1);
  } else if (duk_is_error(context_, -1) && !frame_.stopped()) {
    duk_get_prop_string(context_, -1, "message");
    error = duk_is_string(context_, -1) ? duk_get_string(context_, -1) : "an error without text";
  } else {
    error = "an error that is no text";
  }
  return false;
}

}  // namespace ledgerlab::js

extern "C" int ledgerlab_js_out_of_budget(void* heap) {
  return static_cast<ledgerlab::js::Heap*>(heap)->out_of_budget() ? 1 : 0;
}
