// Selfish mining, strategy SM1: I. Eyal, E. G. Sirer, "Majority Is Not Enough: Bitcoin Mining Is
// Vulnerable", Financial Cryptography 2014, algorithm 1. A first-seen miner already works on the
// chain that the algorithm says; what is left to steer is when its blocks go out. Lengths are
// heights: all blocks are taken to weigh the same.
#include <deque>

#include "models/api/registry.hpp"
#include "models/parts/behaviour/longest_chain.hpp"

namespace ledgerlab {
namespace {

class Selfish final : public behaviour::ChainAttack {
 public:
  Selfish(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : ChainAttack(context, std::move(inner)),
        decides_races_(context.node.params->text("race") == "publish") {}

  void inspect(Inspector& inspector) const override {
    ChainAttack::inspect(inspector);
    inspector.field("selfish.private", private_);
    inspector.field("selfish.public", public_);
    inspector.field("selfish.withheld", withheld_.size());
  }

 protected:
  // "Others found a block"
  void on_foreign(const Input& input, Effects&, Height height) override {
    while (public_ < height) {
      const Height before = private_ - public_;
      ++public_;
      if (before == 0) {  // they win
        private_ = public_;
        branch_ = 0;
      } else if (!active(input)) {
        publish_all();
      } else if (before == 1) {  // now the same length: try our luck
        publish_first();
      } else if (before == 2) {  // the pool wins by the lead of one
        publish_all();
      } else {
        publish_first();
      }
    }
  }

  // "My pool found a block"
  bool on_own(const Input& input, Effects&, const MessageRef& content) override {
    const Height height = content->block()->height;
    if (height <= private_) return false;  // on an old head: of no use to the strategy
    const bool tie = private_ == public_;
    private_ = height;
    withheld_.push_back(content);
    ++branch_;
    // The pool wins the race of ones.
    if (!active(input) || (decides_races_ && tie && branch_ == 2)) publish_all();
    return true;
  }

  bool isolated() const override { return false; }
  bool discreet() const override { return !withheld_.empty(); }

 private:
  void publish_first() {
    if (withheld_.empty()) return;
    publish(std::move(withheld_.front()));
    withheld_.pop_front();
  }
  void publish_all() {
    while (!withheld_.empty()) publish_first();
    public_ = private_;
    branch_ = 0;
  }

  bool decides_races_;
  Height private_ = 0;        // length of the private chain
  Height public_ = 0;         // length of the public chain
  std::uint64_t branch_ = 0;  // privateBranchLen
  std::deque<MessageRef> withheld_;
};

}  // namespace

void register_behaviour_selfish(Registry& registry) {
  ModelInfo info;
  info.name = "selfish";
  info.kind = ModelKind::behaviour;
  info.summary =
      "Selfish mining SM1: keeps its blocks back and matches or overrides those of others.";
  info.paper =
      "I. Eyal, E. G. Sirer: Majority Is Not Enough: Bitcoin Mining Is Vulnerable, Financial "
      "Cryptography 2014, algorithm 1";
  info.fits = {"lottery"};
  info.params = {{"race",
                  ParamType::choice,
                  "publish",
                  "the block that would decide a race of two single blocks: published at once, as "
                  "in the paper, or withheld as the beginning of a new lead (miningsimulation)",
                  {},
                  {},
                  {"publish", "withhold"}}};
  info.own_settings = behaviour::settles_nothing;
  info.wrap_module = [](const BehaviourContext& context,
                        std::unique_ptr<Module> module) -> std::unique_ptr<Module> {
    return std::make_unique<Selfish>(context, std::move(module));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
