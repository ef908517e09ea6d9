// Proofs of other ledgers' Merkle stores in the one format of ICS-23 (vector commitments): a proof
// says step by step what is hashed, a specification what of that its store allows. For IAVL trees,
// Tendermint's simple trees and sparse Merkle trees; what IBC clients verify.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab::ics23 {

enum class HashOp : std::uint8_t {
  none,
  sha256,
  sha512,
  keccak256,
  ripemd160,
  bitcoin,  // ripemd160(sha256(x))
  sha512_256,
  blake2b_512,
  blake2s_256,
  blake3  // nobody implements it
};
enum class LengthOp : std::uint8_t {
  no_prefix,
  var_proto,
  var_rlp,  // nobody implements it
  fixed32_big,
  fixed32_little,
  fixed64_big,
  fixed64_little,
  require_32_bytes,
  require_64_bytes
};

struct LeafOp {
  HashOp hash = HashOp::none;
  HashOp prehash_key = HashOp::none;
  HashOp prehash_value = HashOp::none;
  LengthOp length = LengthOp::no_prefix;
  Bytes prefix;
};
struct InnerOp {
  HashOp hash = HashOp::none;
  Bytes prefix, suffix;  // around the child
  friend bool operator==(const InnerOp&, const InnerOp&) = default;
};
struct ExistenceProof {
  Bytes key, value;
  std::optional<LeafOp> leaf;
  std::vector<InnerOp> path;  // from the leaf up
};
struct NonExistenceProof {
  Bytes key;
  std::optional<ExistenceProof> left, right;  // the neighbours
};
/// What a CommitmentProof proves, batches unfolded.
struct CommitmentProof {
  std::vector<ExistenceProof> exist;
  std::vector<NonExistenceProof> nonexist;
};

struct Spec {
  LeafOp leaf;
  struct Inner {
    std::size_t children = 0;  // in their natural order
    std::size_t child_size = 0;
    std::size_t min_prefix = 0, max_prefix = 0;
    Bytes empty_child;
    HashOp hash = HashOp::none;
  } inner;
  std::size_t min_depth = 0;
  std::size_t max_depth = 0;  // 0: 128
  bool prehash_key_before_comparison = false;
};
const Spec& iavl_spec();
const Spec& tendermint_spec();
const Spec& smt_spec();

/// Reads the message CommitmentProof (protocol buffers); nothing if it is malformed. Unknown fields
/// are skipped.
std::optional<CommitmentProof> read_proof(ByteView bytes);

// The steps; nothing where an operation is not defined.
std::optional<Bytes> apply_hash(HashOp hash, ByteView bytes);
std::optional<Bytes> apply_leaf(const LeafOp& op, ByteView key, ByteView value);
std::optional<Bytes> apply_inner(const InnerOp& op, ByteView child);
std::optional<Bytes> root_of(const ExistenceProof& proof);

/// Are there siblings on that side of the child, and all of them empty children?
enum class Side : bool { left, right };
bool siblings_are_empty(const Spec::Inner& spec, const InnerOp& op, Side side);

/// What of the proof the store does not have; a static text, empty if there is nothing.
std::string_view leaf_fault(const LeafOp& op, const Spec& spec);
std::string_view fault(const ExistenceProof& proof, const Spec& spec);

bool verify_membership(const Spec& spec, ByteView root, const CommitmentProof& proof, ByteView key,
                       ByteView value);
bool verify_non_membership(const Spec& spec, ByteView root, const CommitmentProof& proof,
                           ByteView key);

}  // namespace ledgerlab::ics23
