#include "models/stack/stack.hpp"

#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace ledgerlab {
namespace {

/// The part of an answer that enters the trace: what was answered, for which block, which root.
struct AnswerTags {
  AnswerKind kind = AnswerKind::none;  // none: not an answer that counts
  std::uint64_t id = 0;
  std::uint64_t root = 0;
};

struct AnswerVisitor {
  template <class T>
  static constexpr bool answers =
      std::disjunction_v<std::is_same<T, Built>, std::is_same<T, Validated>,
                         std::is_same<T, Executed>, std::is_same<T, Adopted>,
                         std::is_same<T, Snapshot>, std::is_same<T, Installed>,
                         std::is_same<T, Checked>, std::is_same<T, Stakes>>;
  AnswerTags operator()(const Built& a) const {
    return {AnswerKind::built, a.payload->count(), a.payload->root.tag()};
  }
  AnswerTags operator()(const Validated& a) const {
    return {AnswerKind::validated, a.block.tag(), a.ok};
  }
  AnswerTags operator()(const Executed& a) const {
    return {AnswerKind::executed, a.block.tag(), a.state_root.tag() ^ a.receipts_root.tag()};
  }
  AnswerTags operator()(const Adopted& a) const {
    return {AnswerKind::adopted, a.head.tag(), a.state_root.tag()};
  }
  AnswerTags operator()(const Snapshot& a) const {
    return {AnswerKind::snapshot, a.data->block.tag(), a.data->state_root.tag()};
  }
  AnswerTags operator()(const Installed& a) const {
    return {AnswerKind::installed, a.block.tag(), a.ok};
  }
  AnswerTags operator()(const Checked& a) const {
    return {AnswerKind::checked, a.transaction->id.tag(), a.ok};
  }
  AnswerTags operator()(const Stakes& a) const {
    return {AnswerKind::stakes, a.block.tag(), a.state_root.tag()};
  }
  template <class T>
  requires(!answers<T>) AnswerTags operator()(const T&) const { return {}; }
};

/// Is the body with this number of CallBody an answer that counts?
template <std::size_t... i>
constexpr std::array<bool, sizeof...(i)> counted(std::index_sequence<i...>) {
  // Those that the visitor has a function of their own for.
  return {AnswerVisitor::answers<std::variant_alternative_t<i, CallBody>>...};
}
bool counts(std::size_t body) {
  static constexpr auto table = counted(std::make_index_sequence<std::variant_size_v<CallBody>>{});
  return table[body];
}

}  // namespace

void Stack::fill(Slot slot, std::unique_ptr<Module> module) {
  auto& place = modules_.at(static_cast<std::size_t>(slot));
  if (place) throw std::logic_error("a slot of the stack is filled twice");
  place = std::move(module);
}

void Stack::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::start) {
    // The application first: it tells the consensus module what is durable here.
    static constexpr Slot order[] = {Slot::application, Slot::overlay,   Slot::relay, Slot::sync,
                                     Slot::mempool,     Slot::consensus, Slot::client};
    for (const Slot slot : order) {
      if (Module* module = at(slot)) {
        effects.set_slot(slot);
        module->step(input, effects);
      }
    }
  } else if (Module* module = at(input.slot)) {
    effects.set_slot(input.slot);
    module->step(input, effects);
  }
  if (effects.has_calls()) drain_calls(input, effects);
}

void Stack::drain_calls(const Input& input, Effects& effects) {
  // A module that answers itself for ever would hang the instant; the bound is far above any use.
  std::uint32_t budget = 1'000'000;
  if (input.kind == InputKind::deliver && effects.front_call().to == Slot::consensus) {
    // What a relay hands to the consensus module is a block, for which all of these have work:
    // their lines come together.
    for (const Slot slot : {Slot::consensus, Slot::application, Slot::mempool}) {
      if (const Module* module = at(slot)) module->warm(0);
    }
  }
  Input inner;
  inner.kind = InputKind::call;
  inner.self = input.self;
  inner.local = input.local;
  inner.wall = input.wall;
  inner.draws = input.draws;
  for (; effects.has_calls(); effects.pop_call()) {
    if (--budget == 0) throw std::logic_error("local calls of one step do not end");
    const LocalCall& call = effects.front_call();
    Module* module = at(call.to);
    if (!module) continue;
    effects.set_slot(call.to);
    if (counts(call.body.index())) {
      const AnswerTags tags = std::visit(AnswerVisitor{}, call.body);
      effects.record_answer(static_cast<std::uint8_t>(tags.kind), tags.id, tags.root);
    }
    inner.slot = call.to;
    inner.call = &call;
    module->step(inner, effects);
  }
}

void Stack::warm(unsigned depth) const {
  // What a relay says goes to every neighbour, so that most inputs are for it, where there is one.
  const Module* module = at(Slot::relay) ? at(Slot::relay) : at(Slot::consensus);
  if (!module) return;
  if (depth != 0) return module->warm(depth - 1);
  const char* lines = reinterpret_cast<const char*>(module);
  for (std::size_t i = 0; i < 4 * 64; i += 64) __builtin_prefetch(lines + i, 1);
}

void Stack::restore(std::span<const Record> records) {
  for (std::size_t s = 0; s < modules_.size(); ++s) {
    if (!modules_[s]) continue;
    std::vector<Record> own;
    for (const Record& r : records) {
      if (static_cast<std::size_t>(r.slot) == s) own.push_back(r);
    }
    modules_[s]->restore(own);
  }
}

void Stack::inspect(Inspector& inspector) const {
  for (const auto& module : modules_) {
    if (module) module->inspect(inspector);
  }
}

}  // namespace ledgerlab
