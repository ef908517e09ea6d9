#include "models/consensus/praos/header.hpp"

#include "models/crypto/hash.hpp"
#include "models/parts/chain/signatures.hpp"

namespace ledgerlab::praos {
namespace {

struct Signed {
  Header* header;
  template <class A>
  void fields(A& a) {
    header->signed_fields(a);
  }
};

}  // namespace

Bytes signed_text(const Header& header) {
  Header copy = header;
  return codec::encode(Signed{&copy});
}

std::optional<Header> header_of(const Block& block) {
  auto header = codec::decode<Header>(block.header);
  if (header && header->version != Header().version) return std::nullopt;
  return header;
}

ForgedBlock make_forged(const Header& header, PayloadRef payload) {
  auto block = std::make_shared<Block>();
  block->header = codec::encode(header);
  block->id = sha256(block->header);
  block->height = header.height;
  block->parent = header.parent;
  block->state_root = header.state_root;
  block->payload = std::move(payload);
  return {header, chain::signatures_digest(*block->payload), std::move(block)};
}

std::optional<ForgedBlock> ForgedBlock::from(const BlockRef& block) {
  const auto header = header_of(*block);
  if (!header) return std::nullopt;
  return ForgedBlock{*header, header->signatures, block};
}

void codec_write(codec::Writer& writer, const ForgedBlock& value) {
  writer(value.header, value.block->payload);
}

bool codec_read(codec::Reader& reader, ForgedBlock& value) {
  Header header;
  PayloadRef payload;
  reader(header, payload);
  if (!reader.ok() || header.version != Header().version) return false;
  value = make_forged(header, std::move(payload));
  return true;
}

}  // namespace ledgerlab::praos
