#include "models/consensus/pow/header.hpp"

#include "models/api/effects.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/chain/signatures.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::pow {
namespace {

struct Searched {
  Header* header;
  template <class A>
  void fields(A& a) {
    header->content_fields(a);
    header->difficulty_fields(a);
  }
};

MinedBlock assemble(const Header& header, Bytes bytes, PayloadRef payload) {
  auto block = std::make_shared<Block>();
  block->height = header.height;
  block->id = sha256d(bytes);
  block->parent = header.parent;
  block->payload = std::move(payload);
  block->state_root = header.state_root;
  block->header = std::move(bytes);
  const Hash256 signatures = chain::signatures_digest(*block->payload);
  MinedBlock mined;
  mined.header = header;
  mined.digest = work_digest(header);
  mined.target = claimed_target(header);
  mined.work = claimed_work(header);
  mined.signatures = signatures;
  mined.block = std::move(block);
  return mined;
}

}  // namespace

Hash256 search_digest(const Header& header) {
  std::array<Byte, 256> text;  // longer than any header
  codec::Writer writer{std::span<Byte>(text)};
  writer(Searched{const_cast<Header*>(&header)});
  // Miners of one block differ in what stands last: its first two blocks of SHA-256 are remembered.
  constexpr std::size_t same = 128;
  struct Beginning {
    std::array<Byte, same> text{};
    Sha256 hashed;
    Beginning() { hashed.add(text); }
  };
  thread_local Beginning last;
  if (std::memcmp(last.text.data(), text.data(), same) != 0) {
    std::memcpy(last.text.data(), text.data(), same);
    last.hashed = Sha256().add(last.text);
  }
  return Sha256(last.hashed).add(ByteView(text).subspan(same, writer.size() - same)).digest();
}

Hash256 work_digest(const Header& header) { return stamped(search_digest(header), header.time); }

std::optional<U256> claimed_target(const Header& header) {
  if (header.version == version_compact) return work::target_from_compact(header.bits);
  if (header.difficulty.is_zero()) return std::nullopt;
  return work::target_for_tries(header.difficulty);
}

U256 claimed_work(const Header& header) {
  if (header.version == version_difficulty) return header.difficulty;
  const auto target = work::target_from_compact(header.bits);
  return target ? work::block_work(*target) : U256();
}

std::optional<Header> header_of(const Block& block) {
  auto header = codec::decode<Header>(block.header);
  if (header && header->version != version_compact && header->version != version_difficulty) {
    return std::nullopt;
  }
  return header;
}

MinedBlock make_mined(const Header& header, PayloadRef payload) {
  return assemble(header, codec::encode(header), std::move(payload));
}

std::optional<MinedBlock> MinedBlock::from(const BlockRef& block) {
  const auto header = header_of(*block);
  if (!header) return std::nullopt;
  MinedBlock mined;
  mined.header = *header;
  mined.digest = work_digest(*header);
  mined.target = claimed_target(*header);
  mined.work = claimed_work(*header);
  mined.signatures = header->signatures;
  mined.block = block;
  return mined;
}

void codec_write(codec::Writer& writer, const MinedBlock& value) {
  writer(value.header, value.block->payload);
}

bool codec_read(codec::Reader& reader, MinedBlock& value) {
  Header header;
  PayloadRef payload;
  reader(header);
  if (!reader.ok() || (header.version != version_compact && header.version != version_difficulty)) {
    return false;
  }
  reader(payload);
  if (!reader.ok()) return false;
  value = make_mined(header, std::move(payload));
  return true;
}

}  // namespace ledgerlab::pow
