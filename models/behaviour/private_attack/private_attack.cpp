// The private attack (double spend): mine in secret from a chosen block while the public chain
// confirms the payment, then release the longer branch (Nakamoto 2008, section 11; M. Rosenfeld,
// "Analysis of Hashrate-Based Double Spending", 2012). Lengths are heights.
#include "models/api/registry.hpp"
#include "models/parts/behaviour/longest_chain.hpp"

namespace ledgerlab {
namespace {

class PrivateAttack final : public behaviour::ChainAttack {
 public:
  PrivateAttack(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : ChainAttack(context, std::move(inner)),
        fork_height_(context.node.params->count("fork_height")),
        confirmations_(context.node.params->count("confirmations")),
        pre_mined_(context.node.params->count("pre_mined")),
        give_up_(context.node.params->count("give_up")),
        attempts_(context.node.params->count("attempts")) {}

  void inspect(Inspector& inspector) const override {
    ChainAttack::inspect(inspector);
    inspector.field("private_attack.won", won_);
    inspector.field("private_attack.tried", tried_);
    inspector.field("private_attack.public", public_);
    inspector.field("private_attack.private", private_);
  }

 protected:
  void on_foreign(const Input& input, Effects& effects, Height height) override {
    public_ = std::max(public_, height);
    if (!attacking_) return;
    if (withheld_.size() < pre_mined_ && public_ > private_) {
      withheld_.clear();  // the payment is not made yet: begin again from the new head
      private_ = public_;
    } else if (public_ >= private_ + give_up_) {
      end(effects, false);
    } else {
      decide(input, effects);
    }
  }

  bool on_own(const Input& input, Effects& effects, const MessageRef& content) override {
    const Height height = content->block()->height;
    if (!attacking_) {
      public_ = std::max(public_, height);
      return false;
    }
    private_ = height;
    withheld_.push_back(content);
    if (withheld_.size() == pre_mined_) payment_height_ = public_;
    decide(input, effects);
    return true;
  }

  /// Begins an attack from the public head, if it is time.
  void on_end(const Input& input) override {
    if (attacking_ || !active(input) || public_ < fork_height_) return;
    if (attempts_ != 0 && tried_ == attempts_) return;
    attacking_ = true;
    ++tried_;
    private_ = payment_height_ = public_;
  }

  bool isolated() const override { return attacking_ && (pre_mined_ == 0 || !withheld_.empty()); }
  bool discreet() const override { return attacking_; }

 private:
  void decide(const Input& input, Effects& effects) {
    const bool confirmed =
        withheld_.size() >= pre_mined_ && public_ >= payment_height_ + confirmations_;
    if (!active(input) || (confirmed && private_ > public_)) end(effects, private_ > public_);
  }

  void end(Effects& effects, bool release) {
    if (release && !withheld_.empty()) {
      ++won_;
      public_ = std::max(public_, private_);
      effects.note("private attack: a branch of " + std::to_string(withheld_.size()) +
                   " blocks is released");
      for (MessageRef& content : withheld_) publish(std::move(content));
    }
    withheld_.clear();
    attacking_ = false;
  }

  Height fork_height_;
  std::uint64_t confirmations_, pre_mined_, give_up_, attempts_;

  bool attacking_ = false;
  Height public_ = 0;
  Height private_ = 0;
  Height payment_height_ = 0;  // the payment stands in the block after it
  std::uint64_t tried_ = 0;
  std::uint64_t won_ = 0;
  std::vector<MessageRef> withheld_;
};

}  // namespace

void register_behaviour_private_attack(Registry& registry) {
  ModelInfo info;
  info.name = "private_attack";
  info.kind = ModelKind::behaviour;
  info.summary = "Double spend: a branch mined in secret, released once it is longer.";
  info.paper =
      "S. Nakamoto: Bitcoin, 2008, section 11; M. Rosenfeld: Analysis of Hashrate-Based Double "
      "Spending, 2012";
  info.fits = {"lottery"};
  info.own_settings = behaviour::settles_nothing;
  const auto count = [](std::string key, std::string fallback, std::string text, std::string low) {
    return ParamInfo{std::move(key),
                     ParamType::integer,
                     std::move(fallback),
                     std::move(text),
                     std::move(low),
                     "1000000000",
                     {}};
  };
  info.params = {
      count("fork_height", "1", "the branch begins at the public head from this height on", "0"),
      count("confirmations", "6", "public blocks from the payment's on that the merchant waits for",
            "0"),
      count("pre_mined", "0", "blocks of the branch before the payment is made", "0"),
      count("give_up", "60", "deficit against the public chain at which it gives up", "1"),
      count("attempts", "1", "attacks, one after another; 0: without end", "0")};
  info.wrap_module = [](const BehaviourContext& context,
                        std::unique_ptr<Module> module) -> std::unique_ptr<Module> {
    return std::make_unique<PrivateAttack>(context, std::move(module));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
