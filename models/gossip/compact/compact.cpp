#include "models/gossip/compact/compact.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/relay/short_id.hpp"

namespace ledgerlab::compact {
namespace {

constexpr Purpose draw_support{"compact.support"};
constexpr Purpose draw_nonce{"compact.nonce"};
constexpr Purpose draw_failure{"compact.modelled_failure"};

/// BIP 152: "SipHash-2-4 [...] the first two little-endian 64-bit integers from [the single SHA256
/// of] the block header with the nonce appended".
SipKey key_of(Effects& effects, const CmpctBlock& compact) {
  Bytes text = compact.header.body;
  codec::Writer writer(text);
  writer(compact.nonce);
  const Hash256 digest = effects.crypto().sha256(text);
  SipKey key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.k0 |= std::uint64_t{digest.data[i]} << (8 * i);
    key.k1 |= std::uint64_t{digest.data[8 + i]} << (8 * i);
  }
  return key;
}

/// The positions that the short ids stand for: all but the prefilled ones.
bool place_prefilled(const CmpctBlock& compact, std::vector<TxRef>& filled) {
  const std::size_t count = compact.short_ids.list->size() + compact.prefilled.size();
  if (compact.prefilled.size() != compact.prefilled_at.list.size()) return false;
  filled.assign(count, {});
  for (std::size_t i = 0; i < compact.prefilled.size(); ++i) {
    const std::uint32_t at = compact.prefilled_at.list[i];
    if (at >= count || !compact.prefilled[i]) return false;
    filled[at] = compact.prefilled[i];
  }
  return true;
}

bool same_transactions(const std::vector<TxRef>& a, const std::vector<TxRef>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const TxRef& x, const TxRef& y) { return x == y || x->bytes == y->bytes; });
}

/// Whether a node's software is new enough; no matter of its restarts.
bool is_new_enough(const ModuleContext& context) {
  const auto share = context.params->count("support");
  const auto first = context.params->count("support_first");
  return first > 0 ? context.self < first
                   : draw_ppb(draw64(context.seed, context.self, draw_support, 0), share);
}

}  // namespace

CompactSettings::CompactSettings(const ModuleContext& context)
    : relay::Settings(*context.params, relay::Mode::inventory),
      share(context.share_results),
      favourites_max(static_cast<std::uint32_t>(context.params->count("high_bandwidth_peers"))),
      modelled_failure(static_cast<std::uint32_t>(context.params->count("modelled_failure"))),
      modelled_missing(static_cast<std::uint32_t>(context.params->count("modelled_missing"))),
      modelled_bytes(static_cast<std::uint32_t>(context.params->count("modelled_compact_bytes"))),
      prefill_bytes(context.params->count("prefill_bytes")) {}

Compact::Compact(const ModuleContext& context)
    : Relay(context, relay::shared_settings(CompactSettings(context))),
      speaks_(is_new_enough(context)) {
  widen();
}

void Compact::on_start(const Input&, Effects& effects) {
  if (speaks_ && !neighbours().empty()) effects.multicast(neighbours(), SendCmpct{false, 2, true});
}

void Compact::on_message(const Input& input, Effects& effects) {
  const Message& m = *input.message;
  // Who sent it is looked up only where it matters: most announcements are of what is known.
  if (const auto* inv = m.as<BlockInv>()) return on_block_inv(input, *inv, effects);
  if (!speaks_) return;
  if (const auto* modelled = m.as<ModelledCmpctBlock>()) {
    return on_modelled(input, *modelled, effects);
  }
  if (position(input.from) == neighbours().size()) return;
  if (const auto* send = m.as<SendCmpct>()) {
    on_send_cmpct(input, *send, effects);
  } else if (const auto* get = m.as<GetCompact>()) {
    on_get_compact(input, *get, effects);
  } else if (const auto* compact = m.as<CmpctBlock>()) {
    on_cmpct_block(input, *compact, effects);
  } else if (const auto* txn = m.as<GetBlockTxn>()) {
    on_get_block_txn(input, *txn, effects);
  } else if (const auto* answer = m.as<BlockTxn>()) {
    on_block_txn(input, *answer, effects);
  }
}

// --- who speaks it, and how ---------------------------------------------------------------------

void Compact::on_send_cmpct(const Input& input, const SendCmpct& message, Effects& effects) {
  if (message.version != 2) return;
  const std::uint32_t from = position(input.from);
  set_told(speaks, from, true);
  set_told(wants_push, from, message.high_bandwidth);
  if (!message.hello) return;
  // Its side of a new connection: it knows nothing of ours.
  const auto asked = favourites();
  const bool favourite = std::find(asked.begin(), asked.end(), input.from) != asked.end();
  if (favourite) return effects.send(input.from, SendCmpct{true, 2, false});
  // One message for all: when a world starts, as many are under way as it has links.
  if (!answer_) answer_ = effects.make(SendCmpct{false, 2, false});
  effects.send(input.from, answer_);
}

void Compact::on_new_peers(const Input&, Effects& effects, std::span<const NodeId> before) {
  std::vector<std::uint64_t> told[2] = {{peers_[speaks]}, {peers_[wants_push]}};
  for (const Told what : {speaks, wants_push}) {
    if (rare_)
      told[what].insert(told[what].end(), rare_->peers[what].begin(), rare_->peers[what].end());
    peers_[what] = 0;
    if (rare_) rare_->peers[what].clear();
  }
  widen();
  for (std::size_t old = 0; old < before.size(); ++old) {
    const std::uint32_t at = position(before[old]);
    if (at == neighbours().size()) continue;
    for (const Told what : {speaks, wants_push}) {
      set_told(what, at, (told[what][old / 64] >> (old % 64) & 1) != 0);
    }
  }
  if (rare_) {
    std::erase_if(rare_->favourites,
                  [&](NodeId peer) { return position(peer) == neighbours().size(); });
  }
  if (!speaks_) return;
  std::vector<NodeId> fresh;
  std::set_difference(neighbours().begin(), neighbours().end(), before.begin(), before.end(),
                      std::back_inserter(fresh));
  if (!fresh.empty()) effects.multicast(fresh, SendCmpct{false, 2, true});
}

/// BIP 152: "a node [...] MAY announce up to three peers" as high-bandwidth; Bitcoin Core takes
/// those that delivered a new block first, the one that did so longest ago makes way.
void Compact::prefer(Effects& effects, NodeId peer) {
  if (own().favourites_max == 0 || !has(speaks, position(peer))) return;
  std::vector<NodeId>& favourites = rare().favourites;
  const auto at = std::find(favourites.begin(), favourites.end(), peer);
  if (at != favourites.end()) {
    std::rotate(at, at + 1, favourites.end());
    return;
  }
  if (favourites.size() == own().favourites_max) {
    effects.send(favourites.front(), SendCmpct{false, 2, false});
    favourites.erase(favourites.begin());
  }
  favourites.push_back(peer);
  effects.send(peer, SendCmpct{true, 2, false});
}

/// There is room for what every neighbour tells.
void Compact::widen() {
  const std::size_t words = (neighbours().size() + 63) / 64;
  for (const Told what : {speaks, wants_push}) {
    if (words > 1) rare().peers[what].resize(words - 1, 0);
  }
}

void Compact::set_told(Told what, std::size_t position, bool value) {
  std::uint64_t& word = position < 64 ? peers_[what] : rare_->peers[what][position / 64 - 1];
  const std::uint64_t bit = std::uint64_t{1} << (position % 64);
  word = value ? word | bit : word & ~bit;
}

void Compact::announce_block(const Input& input, Effects& effects, Sequence sequence) {
  answer_ = {};                           // who asks from now on is one of few
  thread_local std::vector<NodeId> push;  // scratch, filled anew
  thread_local std::vector<NodeId> tell;
  push.clear();
  tell.clear();
  // Those that want new blocks unasked, and those that are told of them.
  each_unaware(sequence, [&](std::size_t n) {
    (has(wants_push, n) ? push : tell).push_back(neighbours()[n]);
  });
  if (!push.empty()) {
    if (MessageRef message = compact_of(input, effects, sequence)) {
      effects.multicast(push, std::move(message));
    } else {
      tell.insert(tell.end(), push.begin(), push.end());
      std::sort(tell.begin(), tell.end());
    }
  }
  if (!tell.empty()) effects.multicast(tell, BlockInv{{content_of(sequence)->identity()}});
}

void Compact::on_block_inv(const Input& input, const BlockInv& inv, Effects& effects) {
  relay::GetData get;
  bool fresh = false;
  for (const Hash128& id : inv.ids) {
    if (!announced(input, effects, id, input.from)) continue;
    fresh = true;
    if (speaks_ && has(speaks, newest_request().asked)) {
      effects.send(input.from, GetCompact{id});
    } else {
      get.ids.push_back(id);
    }
  }
  if (!fresh) return;
  if (!get.ids.empty()) effects.send(input.from, std::move(get));
  arm_requests(input.local, effects);
}

void Compact::on_get_compact(const Input& input, const GetCompact& get, Effects& effects) {
  const Sequence at = find(effects, get.id);
  if (at == nothing || !spreads(at)) return;
  if (MessageRef message = compact_of(input, effects, at)) {
    effects.send(input.from, std::move(message));
  } else {
    effects.send(input.from, item(at).frame);
  }
}

// --- compact blocks go out ----------------------------------------------------------------------

MessageRef Compact::compact_of(const Input& input, Effects& effects, Sequence sequence) {
  if (latest_message_ && latest_ == sequence) return latest_message_;
  const MessageRef& content = content_of(sequence);
  std::optional<relay::Opened> opened = relay::open(*content);
  if (!opened) return {};
  if (opened->payload->modelled()) {
    const std::uint64_t bytes = own().modelled_bytes != 0
                                    ? own().modelled_bytes
                                    : compact_block_bytes(opened->payload->modelled_count, 0);
    latest_message_ = modelled_of(effects, sequence, static_cast<std::uint32_t>(bytes));
  } else {
    const Payload& payload = *opened->payload;
    CmpctBlock compact;
    compact.id = content->identity();
    compact.header = std::move(opened->shell);
    compact.nonce = input.draw(draw_nonce, compact.id.tag());
    const SipKey key = key_of(effects, compact);
    compact.prefilled_at.list = prefilled_positions(sequence, payload);
    auto ids = std::make_shared<std::vector<std::uint64_t>>();
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < payload.transactions.size(); ++i) {
      const auto& at = compact.prefilled_at.list;
      if (next < at.size() && at[next] == i) {
        compact.prefilled.push_back(payload.transactions[i]);
        ++next;
      } else {
        ids->push_back(relay::short_id(key, *payload.transactions[i]));
      }
    }
    compact.short_ids.list = std::move(ids);
    if (own().share) compact.whole = item(sequence).frame;
    latest_message_ = effects.make(std::move(compact));
  }
  latest_ = sequence;
  return latest_message_;
}

/// It has no author: the message that brought the block here goes on as it is, where we would make
/// the same, and is charged as if we did.
MessageRef Compact::modelled_of(Effects& effects, Sequence sequence, std::uint32_t bytes) {
  const MessageRef came = came_of_ == sequence ? std::move(came_) : MessageRef();
  const auto* same = came ? came->as<ModelledCmpctBlock>() : nullptr;
  if (same && own().share && same->content.charged == bytes &&
      same->content.frame.get() == item(sequence).frame.get()) {
    effects.work(Operation::message_byte, came->wire_size());
    return came;
  }
  return effects.make(ModelledCmpctBlock{{item(sequence).frame, bytes}});
}

/// BIP 152: prefilled are those "a node believes its peers may not have", up to 10 kB: what this
/// node had to ask for itself.
std::vector<std::uint32_t> Compact::prefilled_positions(Sequence sequence,
                                                        const Payload& payload) const {
  std::vector<std::uint32_t> out;
  if (!rare_ || rare_->lacked_of != sequence) return out;
  std::uint64_t bytes = 0;
  for (const std::uint32_t at : rare_->lacked) {
    bytes += payload.transactions[at]->bytes.size();
    if (bytes > own().prefill_bytes) break;
    out.push_back(at);
  }
  return out;
}

// --- and come in --------------------------------------------------------------------------------

Compact::Partial* Compact::partial_of(Sequence item) {
  if (!partials_) return nullptr;
  const auto it = std::find_if(partials_->begin(), partials_->end(),
                               [&](const Partial& p) { return p.item == item; });
  return it == partials_->end() ? nullptr : &*it;
}

Compact::Sequence Compact::wanted(const Input& input, Effects& effects, const Hash128& id) {
  const Heard news = heard(input, effects, id, input.from);
  if (news.item == nothing) return nothing;
  if (news.fresh) {
    arm_requests(input.local, effects);
  } else {
    if (!wants(news.item) || partial_of(news.item)) return nothing;
    if (position(input.from) == neighbours().size()) return nothing;
    prolong(news.item, input.local);
  }
  return news.item;
}

Compact::Partial& Compact::begin(const Input& input, Sequence item) {
  if (!partials_) partials_ = std::make_unique<std::vector<Partial>>();
  Partial& partial = partials_->emplace_back();
  partial.item = item;
  partial.from = input.from;
  partial.message = input.message_ref();
  return partial;
}

void Compact::on_cmpct_block(const Input& input, const CmpctBlock& compact, Effects& effects) {
  const Sequence item = wanted(input, effects, compact.id);
  if (item == nothing) return;
  Partial& partial = begin(input, item);
  std::vector<std::uint64_t> sorted = *compact.short_ids.list;
  std::sort(sorted.begin(), sorted.end());
  const bool collide = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  // Two of the block's own transactions with one short id cannot be told apart.
  if (collide || !place_prefilled(compact, partial.filled)) {
    return ask_full(input, effects, item, compact.id, input.from);
  }
  effects.call(Slot::mempool, item,
               MatchShortIds{key_of(effects, compact), compact.short_ids.list});
}

void Compact::on_answer(const Input& input, Effects& effects) {
  const auto* matched = input.call->as<ShortIdsMatched>();
  if (!matched) return;
  Partial* partial = partial_of(static_cast<Sequence>(input.call->id));
  if (!partial) return;
  const auto& compact = *partial->message->as<CmpctBlock>();
  if (matched->transactions.size() != compact.short_ids.list->size()) return;
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < partial->filled.size(); ++i) {
    if (partial->filled[i]) continue;
    partial->filled[i] = matched->transactions[next++];
    if (!partial->filled[i]) partial->missing.list.push_back(i);
  }
  if (partial->missing.list.empty()) {
    return finish(input, effects, std::move(*partial));
  }
  ++asked_for_more_;
  effects.send(partial->from, GetBlockTxn{compact.id, partial->missing, 0});
}

void Compact::on_block_txn(const Input& input, const BlockTxn& answer, Effects& effects) {
  const Sequence at = find(effects, answer.id);
  Partial* partial = at == nothing ? nullptr : partial_of(at);
  if (!partial || partial->from != input.from) return;
  const auto& missing = partial->missing.list;
  if (answer.transactions.size() != missing.size()) {
    return ask_full(input, effects, at, answer.id, input.from);
  }
  for (std::size_t i = 0; i < missing.size(); ++i) {
    partial->filled[missing[i]] = answer.transactions[i];
  }
  finish(input, effects, std::move(*partial));
}

MessageRef Compact::assemble(Effects& effects, const CmpctBlock& compact,
                             const std::vector<TxRef>& transactions) const {
  if (own().share && compact.whole) {
    const MessageRef& whole = compact.whole->as<relay::Content>()->content;
    const auto block = whole->block();
    if (block && same_transactions(block->payload->transactions, transactions)) {
      return compact.whole;
    }
  }
  MessageRef content = relay::close(compact.header, make_payload(transactions));
  if (!content || content->identity() != compact.id) return {};
  return effects.make(relay::Content{std::move(content)});
}

void Compact::finish(const Input& input, Effects& effects, Partial partial) {
  if (const auto* modelled = partial.message->as<ModelledCmpctBlock>()) {
    ++put_together_;
    came_of_ = partial.item;
    came_ = partial.message;
    return take_wanted(input, effects, partial.item, modelled->content.frame, partial.from);
  }
  const auto& compact = *partial.message->as<CmpctBlock>();
  MessageRef frame = assemble(effects, compact, partial.filled);
  if (!frame) return ask_full(input, effects, partial.item, compact.id, partial.from);
  ++put_together_;
  if (rare_ || !partial.missing.list.empty()) {
    rare().lacked_of = partial.item;
    rare().lacked = std::move(partial.missing.list);
  }
  take(input, effects, frame, partial.from);
}

void Compact::drop_partial(Sequence item) {
  if (!partials_) return;
  std::erase_if(*partials_, [&](const Partial& p) { return p.item == item; });
  if (partials_->empty()) partials_.reset();  // mostly there is none
}

void Compact::ask_full(const Input& input, Effects& effects, Sequence item, const Hash128& id,
                       NodeId from) {
  ++fell_back_;
  drop_partial(item);
  prolong(item, input.local);
  effects.send(from, relay::GetData{{id}});
}

void Compact::on_get_block_txn(const Input& input, const GetBlockTxn& get, Effects& effects) {
  const Sequence at = find(effects, get.id);
  if (at == nothing || !spreads(at)) return;
  const auto block = content_of(at)->block();
  if (!block) return;
  const Payload& payload = *block->payload;
  BlockTxn answer;
  answer.id = get.id;
  answer.modelled.bytes =
      static_cast<std::uint32_t>(std::uint64_t{payload.modelled_bytes} *
                                 std::min(get.share_ppb, 1'000'000'000u) / 1'000'000'000);
  for (const std::uint32_t index : get.indexes.list) {
    if (index >= payload.transactions.size()) return;
    answer.transactions.push_back(payload.transactions[index]);
  }
  effects.send(input.from, std::move(answer));
}

/// What a real payload's pool would answer is drawn, once for a node and block.
void Compact::on_modelled(const Input& input, const ModelledCmpctBlock& compact, Effects& effects) {
  const Hash128& id = compact.content.frame->as<relay::Content>()->content->identity();
  const Sequence item = wanted(input, effects, id);
  if (item == nothing) return;
  if (!draw_ppb(input.draw(draw_failure, id.tag()), own().modelled_failure)) {
    ++put_together_;
    came_of_ = item;
    came_ = input.message_ref();
    return take_wanted(input, effects, item, compact.content.frame, input.from);
  }
  begin(input, item);
  ++asked_for_more_;
  effects.send(input.from, GetBlockTxn{id, {}, own().modelled_missing});
}

void Compact::on_settled(Effects& effects, Sequence sequence, NodeId from) {
  drop_partial(sequence);
  if (own().favourites_max != 0 && speaks_ && from != no_node &&
      content_of(sequence)->role() == Role::proposal && position(from) != neighbours().size()) {
    prefer(effects, from);
  }
}

void Compact::inspect(Inspector& inspector) const {
  Relay::inspect(inspector);
  inspector.field("compact.put_together", put_together_);
  inspector.field("compact.asked_for_more", asked_for_more_);
  inspector.field("compact.fell_back", fell_back_);
  inspector.field("compact.high_bandwidth_peers", favourites().size());
}

}  // namespace ledgerlab::compact
