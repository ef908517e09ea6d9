// What attacks on longest chains share: a wrapper of the consensus module that decides when the
// blocks of its own making go out. Own are published contents that carry a block and did not come
// from outside; their protocol is not looked at.
#pragma once

#include <set>

#include "models/api/block.hpp"
#include "models/parts/behaviour/behaviour.hpp"

namespace ledgerlab::behaviour {

class ChainAttack : public Wrapper {
 public:
  using Wrapper::Wrapper;
  void step(const Input& input, Effects& effects) final;

 protected:
  /// A block that somebody else made has come for the first time.
  virtual void on_foreign(const Input& input, Effects& effects, Height height) = 0;
  /// The module has made a block; true: it was taken (kept back), false: it goes out.
  virtual bool on_own(const Input& input, Effects& effects, const MessageRef& content) = 0;
  /// The step is over; what had been missed is heard.
  virtual void on_end(const Input&) {}
  /// Is the module to hear nothing and say nothing now? What comes is kept until it may.
  virtual bool isolated() const = 0;
  /// Are answers to questions of others to be left out, as they would show what is kept back?
  virtual bool discreet() const = 0;

  /// Sends a block of ours, ahead of what the module itself spreads in this step.
  void publish(MessageRef content) { released_.push_back(std::move(content)); }

 private:
  struct Missed {
    MessageRef content;
    NodeId from;
  };
  void pass_on(const Input& input, Effects& effects);
  void hear_missed(const Input& input, Effects& effects);
  void release(Effects& effects);

  std::set<Hash128> foreign_;
  std::vector<Missed> missed_;
  std::vector<MessageRef> released_;
};

/// Consensus parameters an attacker sets for itself: its own branch is never settled.
inline const std::vector<std::pair<std::string, std::int64_t>> settles_nothing{
    {"settlement_depth", 1000}};

}  // namespace ledgerlab::behaviour
