// A module around a module: how purposes stimulate a node, look at it, or make a known-bad twin.
#pragma once

#include <functional>
#include <memory>

#include "models/api/module.hpp"

namespace ledgerlab::conformance {

class Wrapped : public Module {
 public:
  explicit Wrapped(std::unique_ptr<Module> inner) : inner_(std::move(inner)) {}
  void step(const Input& input, Effects& effects) override { inner_->step(input, effects); }
  void restore(std::span<const Record> records) override { inner_->restore(records); }
  void inspect(Inspector& inspector) const override { inner_->inspect(inspector); }

 protected:
  Module& inner() const { return *inner_; }
  /// The effects listed so far, to be falsified in place.
  static std::span<Effect> list(Effects& effects) {
    return {const_cast<Effect*>(effects.list().data()), effects.list().size()};
  }
  /// Turns an effect into one without meaning: the cancelling of a timer that nobody sets.
  static void erase(Effect& effect) {
    effect = {EffectKind::cancel_timer, effect.slot, Gate::gated, 0, 0xffff'ffff, 0, 0, 0};
  }
  static bool sends(const Effect& e) {
    return e.kind == EffectKind::send || e.kind == EffectKind::multicast ||
           e.kind == EffectKind::broadcast;
  }

 private:
  std::unique_ptr<Module> inner_;
};

/// Makes the module of a node out of the real one. One is made afresh for every run.
using Wrap = std::function<std::unique_ptr<Module>(NodeId, std::unique_ptr<Module>)>;

/// A wrapper of one class for all replicas, or for those below `only`.
template <class T>
Wrap wrap_every(NodeId only = no_node) {
  return [only](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node >= only) return inner;
    return std::make_unique<T>(std::move(inner));
  };
}

}  // namespace ledgerlab::conformance
