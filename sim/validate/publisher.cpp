#include "sim/validate/publisher.hpp"

namespace ledgerlab::validate {
namespace {

/// Content k is a block of height k + 1 without a history below it.
struct Numbered {
  static constexpr MessageInfo info{1, "Numbered", Role::proposal, Auth::none};
  BlockRef block;
  Bytes padding;
  template <class A>
  void fields(A& a) {
    a(block, padding);
  }
};

class Publisher final : public Module {
 public:
  explicit Publisher(const ModuleContext& context)
      : next_(context.self),
        nodes_(context.replicas),
        count_(context.params->count("count")),
        size_(context.params->count("size")),
        first_(context.params->duration("first")),
        interval_(context.params->duration("interval")) {}

  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::start) {
      arm(input, effects);
    } else if (input.kind == InputKind::timer) {
      const Hash256 none{};
      const BlockRef block = make_log_block(next_ + 1, none, empty_payload());
      next_ += nodes_;
      effects.announce_head(block);
      effects.publish(effects.make(Numbered{block, Bytes(size_, 0)}));
      arm(input, effects);
    } else if (input.kind == InputKind::call) {
      const auto* relayed = input.call->as<Relayed>();
      const Numbered* content = relayed ? relayed->content->as<Numbered>() : nullptr;
      if (content == nullptr) return;
      effects.announce_head(content->block);
      effects.publish(relayed->content);
    }
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override { inspector.field("next", next_); }

 private:
  void arm(const Input& input, Effects& effects) {
    const Time due = time_start + first_ + interval_ * static_cast<std::int64_t>(next_);
    if (next_ < count_ && due >= input.local) effects.set_timer({0, 0}, due - input.local);
  }

  std::uint64_t next_;  // number of the content this node publishes next
  std::uint64_t nodes_;
  std::uint64_t count_;
  std::uint64_t size_;
  Duration first_;
  Duration interval_;
};

}  // namespace

void register_publisher(Registry& registry) {
  ModelInfo info;
  info.name = "publisher";
  info.kind = ModelKind::consensus;
  info.family = "publisher";
  info.summary = "Publishes numbered contents; what relays are measured with.";
  info.params = {
      {"first", ParamType::duration, "0 ns", "when content 0 is published", "0 ns", "1 h", {}},
      {"interval", ParamType::duration, "1 s", "between two contents", "1 us", "1 h", {}},
      {"count", ParamType::integer, "1", "contents in all", "1", "1000000000", {}},
      {"size", ParamType::size, "0 B", "added to each content", "0 B", "1 GB", {}},
  };
  info.messages = message_list<Numbered>();
  info.uses_relay = true;
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<Publisher>(context);
  };
  registry.add(std::move(info));
}

void DeliveryFold::on_event(const Event& event) {
  if (event.b > contents_.size()) contents_.resize(event.b);
  contents_[event.b - 1].push_back({event.time, event.node});
}

}  // namespace ledgerlab::validate
