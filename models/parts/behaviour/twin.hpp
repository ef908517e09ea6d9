// One of several stacks of one identity on one node (Twins, Bano et al. 2021): it has timers and
// durable records of its own, of which the host knows nothing.
#pragma once

#include <array>

#include "models/api/module.hpp"

namespace ledgerlab::behaviour {

class Twin {
 public:
  /// `number`: 0 or 1; `speaks_to_host`: its announcements, answers and searches are the node's.
  Twin(std::unique_ptr<Module> stack, std::uint32_t number, bool speaks_to_host)
      : stack_(std::move(stack)), number_(number), speaks_(speaks_to_host) {}

  /// Is this input, a timer, of this twin?
  bool owns(const TimerId& timer) const { return timer.kind >> 31 == number_; }
  /// Steps the stack. Of what it lists messages and timers stay (timers under names of their own);
  /// records are durable at once, since a Byzantine node promises nobody anything.
  void step(const Input& input, Effects& effects);
  const Module& stack() const { return *stack_; }

 private:
  void strike(Effects& effects, std::size_t first);

  std::unique_ptr<Module> stack_;
  std::uint32_t number_;
  bool speaks_;
  std::array<std::uint64_t, slot_count> records_{};    // by slot: highest index
  std::array<std::uint64_t, slot_count> confirmed_{};  // told to the module
};

}  // namespace ledgerlab::behaviour
