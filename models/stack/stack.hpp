// A Stack is one node: the slots `overlay relay mempool sync consensus application client`, each
// empty or holding one module (DESIGN 13.1). It is a Module itself. It delivers inputs to their
// slot and handles local calls in the same instant, first in first out; outer effects reach the
// host.
#pragma once

#include <array>
#include <memory>

#include "models/api/module.hpp"

namespace ledgerlab {

class Stack final : public Module {
 public:
  /// Calls to an empty slot are dropped, and counted.
  void fill(Slot slot, std::unique_ptr<Module> module);
  Module* at(Slot slot) const { return modules_[static_cast<std::size_t>(slot)].get(); }

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;  // records carry their slot
  void inspect(Inspector& inspector) const override;
  void warm(unsigned depth) const override;
  std::uint64_t calls_dropped() const { return calls_dropped_; }

 private:
  void drain_calls(const Input& input, Effects& effects);

  std::array<std::unique_ptr<Module>, slot_count> modules_;
  std::uint64_t calls_dropped_ = 0;
};

}  // namespace ledgerlab
