#include "models/gossip/headers/headers.hpp"

#include <algorithm>

namespace ledgerlab::headers {

void codec_write(codec::Writer& writer, const HeaderRef& value) { writer(*value.header); }

bool codec_read(codec::Reader& reader, HeaderRef& value) {
  auto header = std::make_shared<Header>();
  reader(*header);
  value.header = std::move(header);
  return reader.ok();
}

HeadersFirst::HeadersFirst(const ModuleContext& context)
    : Relay(context),
      window_(context.params->count("window")),
      per_peer_(context.params->count("in_flight_per_peer")),
      by_header_(neighbours().size(), 0),
      gaps_(neighbours().size()) {}

void HeadersFirst::on_start(const Input&, Effects& effects) {
  if (!neighbours().empty()) effects.multicast(neighbours(), SendHeaders{true});
}

void HeadersFirst::on_new_peers(const Input&, Effects& effects, std::span<const NodeId> before) {
  std::vector<std::uint8_t> told(neighbours().size(), 0);
  for (std::size_t old = 0; old < before.size(); ++old) {
    const std::uint32_t at = position(before[old]);
    if (at != neighbours().size()) told[at] = by_header_[old];
  }
  by_header_ = std::move(told);
  gaps_.assign(neighbours().size(), {});
  std::vector<NodeId> fresh;
  std::set_difference(neighbours().begin(), neighbours().end(), before.begin(), before.end(),
                      std::back_inserter(fresh));
  if (fresh.empty()) return;
  effects.multicast(fresh, SendHeaders{true});
  if (best_ != no_header) effects.multicast(fresh, GetHeaders{locator()});
}

void HeadersFirst::on_message(const Input& input, Effects& effects) {
  const std::uint32_t from = position(input.from);
  if (from == neighbours().size()) return;
  if (const auto* hello = input.message->as<SendHeaders>()) {
    by_header_[from] = 1;
    if (hello->hello) effects.send(input.from, SendHeaders{false});
  } else if (const auto* headers = input.message->as<Headers>()) {
    on_headers(input, *headers, effects);
  } else if (const auto* get = input.message->as<GetHeaders>()) {
    on_get_headers(input, *get, effects);
  }
}

// --- headers ------------------------------------------------------------------------------------

HeadersFirst::Index HeadersFirst::add(const HeaderRef& ref, const Block& block) {
  const auto [place, made] =
      places_.try_emplace(block.id, static_cast<Index>(known_headers_.size()));
  if (made) known_headers_.push_back({ref, block.id, block.parent, block.height});
  return *place;
}

BlockRef HeadersFirst::block_of(const HeaderRef& ref) {
  // Everything but the transactions stands in the header, so that any payload shows it.
  const MessageRef content = relay::close(ref.header->shell, empty_payload());
  return content ? content->block() : nullptr;
}

bool HeadersFirst::connects(const Block& block) const {
  // The first header that a node hears of is where it starts: what lies below is its owner's to
  // ask for, who knows what is on its disk.
  return known_headers_.empty() || block.height <= 1 || places_.contains(block.parent) ||
         places_.contains(block.id);
}

void HeadersFirst::on_headers(const Input& input, const Headers& headers, Effects& effects) {
  BlockId last;
  for (const HeaderRef& ref : headers.list) {
    const BlockRef block = block_of(ref);
    if (!block) return;
    Gap& gap = gaps_[position(input.from)];
    if (!connects(*block) && gap.header != block->id) {
      ++unconnected_;
      gap = {block->id, 0};
      return ask_below(effects, position(input.from));
    }
    // One that its sender cannot connect either goes to its owner, who asks for its ancestors.
    add(ref, *block);
    want(effects, ref.header->content, input.from);
    last = block->id;
  }
  if (headers.list.size() == headers_max) {  // there may be more
    GetHeaders get{locator()};
    get.locator.insert(get.locator.begin(), last);
    if (get.locator.size() > locator_max) get.locator.pop_back();
    effects.send(input.from, std::move(get));
  }
  fetch(input, effects);
}

void HeadersFirst::ask_below(Effects& effects, std::uint32_t position) {
  ++gaps_[position].attempts;
  effects.send(neighbours()[position], GetHeaders{locator()});
  if (gap_timer_) return;
  gap_timer_ = true;
  effects.set_timer({static_cast<std::uint32_t>(relay::TimerKind::own), 0}, request_timeout());
}

void HeadersFirst::on_timer(const Input&, Effects& effects) {
  gap_timer_ = false;
  for (std::uint32_t p = 0; p < gaps_.size(); ++p) {
    Gap& gap = gaps_[p];
    if (gap.attempts == 0) continue;
    if (places_.contains(gap.header) || gap.attempts >= attempts_max()) {
      gap = {};
    } else {
      ask_below(effects, p);
    }
  }
}

HeadersFirst::Index HeadersFirst::parent_of(Index index) const {
  const Index* place = places_.find(known_headers_[index].parent);
  return place ? *place : no_header;
}

std::vector<BlockId> HeadersFirst::locator() const {
  std::vector<BlockId> out;
  std::uint64_t step = 1;
  for (Index i = best_; i != no_header && out.size() < locator_max - 1;) {
    out.push_back(known_headers_[i].id);
    if (out.size() >= 10) step *= 2;
    for (std::uint64_t s = 0; s < step && i != no_header; ++s) i = parent_of(i);
  }
  return out;
}

void HeadersFirst::on_get_headers(const Input& input, const GetHeaders& get, Effects& effects) {
  std::vector<Index> chain;  // newest first
  for (Index i = best_; i != no_header; i = parent_of(i)) {
    if (std::find(get.locator.begin(), get.locator.end(), known_headers_[i].id) !=
        get.locator.end()) {
      break;
    }
    chain.push_back(i);
  }
  if (chain.empty()) return;
  std::reverse(chain.begin(), chain.end());
  Headers answer;
  for (const Index i : chain) {
    if (answer.list.size() == headers_max) break;
    answer.list.push_back(known_headers_[i].ref);
  }
  effects.send(input.from, std::move(answer));
}

// --- blocks -------------------------------------------------------------------------------------

void HeadersFirst::want(Effects& effects, const Hash128& content, NodeId from) {
  if (const Sequence at = find(effects, content); at != nothing) return set_known(at, from);
  if (has_seen(effects, content)) return;
  for (Wanted& w : wanted_) {
    if (w.content != content) continue;
    if (std::find(w.from.begin(), w.from.end(), from) == w.from.end()) w.from.push_back(from);
    return;
  }
  wanted_.push_back({content, {from}, false});
}

void HeadersFirst::fetch(const Input& input, Effects& effects) {
  if (wanted_.empty()) return;
  std::size_t looked_at = 0;
  std::erase_if(wanted_, [&](Wanted& w) {
    // Bitcoin Core: BLOCK_DOWNLOAD_WINDOW, MAX_BLOCKS_IN_TRANSIT_PER_PEER.
    if (looked_at++ >= window_) return false;
    const Sequence at_hand = find(effects, w.content);
    const bool under_way = at_hand != nothing && wants(at_hand);
    // It has come, or nobody had it: then it is wanted again when its header comes again.
    if (!under_way && (w.asked || has_seen(effects, w.content))) return true;
    if (under_way) return false;
    std::uint32_t best = static_cast<std::uint32_t>(neighbours().size());
    std::size_t least = per_peer_;
    for (const NodeId peer : w.from) {
      const std::uint32_t at = position(peer);
      if (at == neighbours().size() || in_flight(at) >= least) continue;
      best = at;
      least = in_flight(at);
    }
    if (best == neighbours().size()) {
      // Nobody who has it is left: forgotten until its header comes again.
      return std::none_of(w.from.begin(), w.from.end(),
                          [&](NodeId peer) { return position(peer) != neighbours().size(); });
    }
    if (!announced(input, effects, w.content, neighbours()[best])) return true;
    const Sequence item = find(effects, w.content);
    for (const NodeId peer : w.from) set_known(item, peer);
    effects.send(neighbours()[best], relay::GetData{{w.content}});
    w.asked = true;
    return false;
  });
  arm_requests(input.local, effects);
}

void HeadersFirst::announce_block(const Input&, Effects& effects, Sequence sequence) {
  const MessageRef& content = content_of(sequence);
  std::optional<relay::Opened> opened = relay::open(*content);
  if (!opened) return announce(effects, sequence);
  const auto block = content->block();
  const Index* place = places_.find(block->id);
  HeaderRef ref;
  if (place) {
    ref = known_headers_[*place].ref;
  } else {
    ref.header = std::make_shared<Header>(Header{content->identity(), std::move(opened->shell)});
  }
  const Index at = add(ref, *block);
  if (best_ == no_header || block->height > known_headers_[best_].height) best_ = at;
  std::vector<NodeId> by_header;
  std::vector<NodeId> by_inv;
  for (std::size_t n = 0; n < neighbours().size(); ++n) {
    if (!knows(sequence, n)) (by_header_[n] ? by_header : by_inv).push_back(neighbours()[n]);
  }
  if (!by_header.empty()) effects.multicast(by_header, Headers{{ref}});
  if (!by_inv.empty()) effects.multicast(by_inv, relay::Inv{{content->identity()}});
}

void HeadersFirst::inspect(Inspector& inspector) const {
  Relay::inspect(inspector);
  inspector.field("headers.known", known_headers_.size());
  inspector.field("headers.wanted", wanted_.size());
  inspector.field("headers.unconnected", unconnected_);
}

}  // namespace ledgerlab::headers
