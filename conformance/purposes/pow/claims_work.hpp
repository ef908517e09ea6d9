// A miner that claims work it never found: a stimulus of the conformance purposes and of the contract
// suites.
#pragma once

#include "conformance/suite/wrapped.hpp"

namespace ledgerlab::conformance {

/// Tells its protocol five times a second that the search has succeeded.
class ClaimsWork final : public Wrapped {
 public:
  ClaimsWork(std::unique_ptr<Module> inner, std::shared_ptr<std::uint64_t> claims)
      : Wrapped(std::move(inner)), claims_(std::move(claims)) {}
  void step(const Input& input, Effects& effects) override {
    const bool own = input.kind == InputKind::timer && input.timer.kind == timer_kind;
    if (own) {
      Input found = input;
      found.kind = InputKind::found;
      found.slot = Slot::consensus;
      found.nonce = ++*claims_;
      Wrapped::step(found, effects);
    } else {
      Wrapped::step(input, effects);
    }
    if (own || input.kind == InputKind::start) {
      effects.set_slot(Slot::consensus);
      effects.set_timer({timer_kind, 0}, ms(200));
    }
  }

 private:
  static constexpr std::uint32_t timer_kind = 0xfff0;
  std::shared_ptr<std::uint64_t> claims_;
};

}  // namespace ledgerlab::conformance
