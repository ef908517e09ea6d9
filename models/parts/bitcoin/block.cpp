#include "models/parts/bitcoin/block.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/script.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::array<Byte, 6> commitment_head = {op_return, 0x24, 0xaa, 0x21, 0xa9, 0xed};
constexpr std::size_t commitment_size = 38;
constexpr std::size_t max_block_sigop_cost = 80'000;

Hash256 join(const Hash256& left, const Hash256& right) {
  std::array<Byte, 64> both;
  std::copy(left.data.begin(), left.data.end(), both.begin());
  std::copy(right.data.begin(), right.data.end(), both.begin() + 32);
  return sha256d(both);
}

/// One level up, in place.
void ascend(std::vector<Hash256>& level) {
  const std::size_t size = level.size();
  for (std::size_t i = 0; 2 * i < size; ++i) {
    level[i] = join(level[2 * i], level[std::min(2 * i + 1, size - 1)]);
  }
  level.resize((size + 1) / 2);
}

std::vector<Hash256> txids(const Block& block) {
  std::vector<Hash256> ids;
  ids.reserve(block.transactions.size());
  for (const Transaction& tx : block.transactions) ids.push_back(txid(tx));
  return ids;
}

/// BIP 141, "commitment structure"; empty: holds or there is none.
std::string_view check_witness(const Block& block, bool active) {
  if (active && !block.transactions.empty()) {
    const Transaction& coinbase = block.transactions[0];
    if (const auto index = commitment_index(coinbase)) {
      const Witness& witness = coinbase.inputs.empty() ? Witness{} : coinbase.inputs[0].witness;
      if (witness.size() != 1 || witness[0].size() != 32) return "bad-witness-nonce-size";
      const Hash256 expected = witness_commitment(witness_merkle_root(block), witness[0]);
      const Bytes& script = coinbase.outputs[*index].script_pubkey;
      if (!std::equal(expected.data.begin(), expected.data.end(), script.begin() + 6)) {
        return "bad-witness-merkle-match";
      }
      return {};
    }
  }
  for (const Transaction& tx : block.transactions) {
    if (tx.has_witness()) return "unexpected-witness";
  }
  return {};
}

}  // namespace

BlockHeader read_header(Reader& in) {
  BlockHeader header;
  header.version = in.u32();
  header.previous = in.hash();
  header.merkle_root = in.hash();
  header.time = in.u32();
  header.bits = in.u32();
  header.nonce = in.u32();
  return header;
}

void write_header(Bytes& out, const BlockHeader& header) {
  put_u32(out, header.version);
  put_bytes(out, header.previous.view());
  put_bytes(out, header.merkle_root.view());
  put_u32(out, header.time);
  put_u32(out, header.bits);
  put_u32(out, header.nonce);
}

Hash256 block_hash(const BlockHeader& header) {
  Bytes out;
  out.reserve(80);
  write_header(out, header);
  return sha256d(out);
}

U256 hash_as_number(const Hash256& hash) {
  Hash256 reversed = hash;
  std::reverse(reversed.data.begin(), reversed.data.end());
  return u256_from(reversed);
}

bool check_proof_of_work(const BlockHeader& header, const U256& limit) {
  const auto target = work::target_from_compact(header.bits);
  return target && *target <= limit && hash_as_number(block_hash(header)) <= *target;
}

Block read_block(Reader& in, WitnessForm form) {
  Block block;
  block.header = read_header(in);
  const std::uint64_t count = in.length();
  block.transactions.reserve(std::min<std::uint64_t>(count, in.left() / 10));
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    block.transactions.push_back(read_transaction(in, form));
  }
  return block;
}

std::optional<Block> decode_block(ByteView bytes) {
  Reader in(bytes);
  Block block = read_block(in);
  if (!in.done()) return std::nullopt;
  return block;
}

Bytes encode_block(const Block& block, WitnessForm form) {
  Bytes out;
  write_header(out, block.header);
  put_compact(out, block.transactions.size());
  for (const Transaction& tx : block.transactions) write_transaction(out, tx, form);
  return out;
}

std::size_t weight(const Block& block) {
  std::size_t total = (80 + compact_size(block.transactions.size())) * witness_scale;
  for (const Transaction& tx : block.transactions) total += weight(tx);
  return total;
}

MerkleRoot merkle_root_of(std::vector<Hash256> leaves) {
  MerkleRoot out;
  if (leaves.empty()) return out;
  while (leaves.size() > 1) {
    for (std::size_t i = 0; i + 1 < leaves.size(); i += 2) {
      if (leaves[i] == leaves[i + 1]) out.duplicated = true;
    }
    ascend(leaves);
  }
  out.root = leaves[0];
  return out;
}

MerkleRoot block_merkle_root(const Block& block) { return merkle_root_of(txids(block)); }

Hash256 witness_merkle_root(const Block& block) {
  std::vector<Hash256> ids;
  ids.reserve(block.transactions.size());
  for (const Transaction& tx : block.transactions) {
    ids.push_back(ids.empty() ? Hash256{} : wtxid(tx));
  }
  return merkle_root_of(std::move(ids)).root;
}

Hash256 witness_commitment(const Hash256& witness_root, ByteView reserved) {
  Bytes both = to_bytes(witness_root.view());
  put_bytes(both, reserved);
  return sha256d(both);
}

std::optional<std::size_t> commitment_index(const Transaction& coinbase) {
  for (std::size_t i = coinbase.outputs.size(); i-- > 0;) {
    const Bytes& script = coinbase.outputs[i].script_pubkey;
    if (script.size() >= commitment_size &&
        std::equal(commitment_head.begin(), commitment_head.end(), script.begin())) {
      return i;
    }
  }
  return std::nullopt;
}

void commit(Block& block, bool witness) {
  if (witness && !block.transactions.empty() && !block.transactions[0].inputs.empty()) {
    Transaction& coinbase = block.transactions[0];
    if (const auto old = commitment_index(coinbase)) {
      coinbase.outputs.erase(coinbase.outputs.begin() + static_cast<std::ptrdiff_t>(*old));
    }
    coinbase.inputs[0].witness = {Bytes(32, 0)};
    const Hash256 hash = witness_commitment(witness_merkle_root(block), Bytes(32, 0));
    TxOut output;
    output.script_pubkey.assign(commitment_head.begin(), commitment_head.end());
    put_bytes(output.script_pubkey, hash.view());
    coinbase.outputs.push_back(std::move(output));
  }
  block.header.merkle_root = block_merkle_root(block).root;
}

std::vector<Hash256> merkle_branch(std::vector<Hash256> leaves, std::size_t index) {
  std::vector<Hash256> branch;
  if (index >= leaves.size()) return branch;
  for (; leaves.size() > 1; index /= 2) {
    branch.push_back(leaves[std::min(index ^ 1, leaves.size() - 1)]);
    ascend(leaves);
  }
  return branch;
}

Hash256 root_from_branch(Hash256 leaf, std::span<const Hash256> branch, std::size_t index) {
  for (const Hash256& sibling : branch) {
    leaf = (index & 1) != 0 ? join(sibling, leaf) : join(leaf, sibling);
    index /= 2;
  }
  return leaf;
}

std::string_view check_block(const Block& block) {
  const MerkleRoot merkle = block_merkle_root(block);
  if (merkle.root != block.header.merkle_root) return "bad-txnmrklroot";
  if (merkle.duplicated) return "bad-txns-duplicate";
  std::size_t stripped = 80 + compact_size(block.transactions.size());
  for (const Transaction& tx : block.transactions) {
    stripped += serialized_size(tx, WitnessForm::forbid);
  }
  if (block.transactions.empty() || block.transactions.size() * witness_scale > max_block_weight ||
      stripped * witness_scale > max_block_weight) {
    return "bad-blk-length";
  }
  if (!block.transactions[0].is_coinbase()) return "bad-cb-missing";
  for (std::size_t i = 1; i < block.transactions.size(); ++i) {
    if (block.transactions[i].is_coinbase()) return "bad-cb-multiple";
  }
  std::size_t sigops = 0;
  for (const Transaction& tx : block.transactions) {
    if (const auto fault = check_transaction(tx); !fault.empty()) return fault;
    for (const TxIn& input : tx.inputs) sigops += count_sigops(input.script_sig, false);
    for (const TxOut& output : tx.outputs) sigops += count_sigops(output.script_pubkey, false);
  }
  if (sigops * witness_scale > max_block_sigop_cost) return "bad-blk-sigops";
  return {};
}

std::string_view check_block_context(const Block& block, const BlockContext& context) {
  for (const Transaction& tx : block.transactions) {
    if (!is_final(tx, context.height, context.locktime_clock)) return "bad-txns-nonfinal";
  }
  if (context.height_in_coinbase) {
    Bytes expected;
    push_number(expected, context.height);
    const bool there = !block.transactions.empty() && !block.transactions[0].inputs.empty();
    const Bytes script = there ? block.transactions[0].inputs[0].script_sig : Bytes{};
    if (script.size() < expected.size() ||
        !std::equal(expected.begin(), expected.end(), script.begin())) {
      return "bad-cb-height";
    }
  }
  if (const auto fault = check_witness(block, context.witness); !fault.empty()) return fault;
  if (weight(block) > max_block_weight) return "bad-blk-weight";
  return {};
}

}  // namespace ledgerlab::bitcoin
