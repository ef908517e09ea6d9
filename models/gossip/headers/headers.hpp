// Headers-first relay: new blocks are announced by their headers (BIP 130), headers that do not
// connect are asked for by a locator, and the blocks of a chain of headers come from several peers
// at once, within a window (Bitcoin Core since 0.10). See README.md.
#pragma once

#include "models/base/lookup.hpp"
#include "models/gossip/headers/messages.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab::headers {

class HeadersFirst final : public relay::Relay {
 public:
  explicit HeadersFirst(const ModuleContext& context);
  void inspect(Inspector& inspector) const override;

 private:
  using Index = std::uint32_t;
  static constexpr Index no_header = ~Index{0};

  struct Known {
    HeaderRef ref;
    BlockId id;
    BlockId parent;
    Height height = 0;
  };
  /// A header's block that has not come.
  struct Wanted {
    Hash128 content;
    std::vector<NodeId> from;  // who sent its header
    bool asked = false;
  };
  /// A header that did not connect: its sender was asked for what is below.
  struct Gap {
    BlockId header;
    std::uint32_t attempts = 0;  // 0: there is none
  };

  void on_start(const Input& input, Effects& effects) override;
  void on_message(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  void announce_block(const Input& input, Effects& effects, Sequence sequence) override;
  void after_request(const Input& input, Effects& effects) override { fetch(input, effects); }
  void on_new_peers(const Input& input, Effects& effects, std::span<const NodeId> before) override;

  void on_headers(const Input& input, const Headers& headers, Effects& effects);
  void on_get_headers(const Input& input, const GetHeaders& get, Effects& effects);
  static BlockRef block_of(const HeaderRef& ref);
  bool connects(const Block& block) const;
  Index add(const HeaderRef& ref, const Block& block);
  void ask_below(Effects& effects, std::uint32_t position);
  void want(Effects& effects, const Hash128& content, NodeId from);
  /// Asks for wanted blocks, oldest first, of those who have them and are least busy.
  void fetch(const Input& input, Effects& effects);
  std::vector<BlockId> locator() const;
  Index parent_of(Index index) const;

  std::size_t window_;
  std::size_t per_peer_;
  std::vector<std::uint8_t> by_header_;  // by position: this peer has sent sendheaders
  std::vector<Gap> gaps_;                // by position: of the last header that did not connect
  bool gap_timer_ = false;
  std::vector<Known> known_headers_;  // parents first
  Lookup<BlockId, Index, TagHash> places_;
  Index best_ = no_header;  // highest whose block was accepted here, the first of them
  std::vector<Wanted> wanted_;
  std::uint64_t unconnected_ = 0;
};

}  // namespace ledgerlab::headers
