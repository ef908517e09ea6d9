#include "models/parts/ics23/ics23.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "models/crypto/hash.hpp"

namespace ledgerlab::ics23 {
namespace {

constexpr std::size_t default_depth = 128;

template <std::size_t N>
Bytes bytes_of(const FixedBytes<N>& hash) {
  return Bytes(hash.data.begin(), hash.data.end());
}

std::optional<Bytes> openssl(const char* name, ByteView bytes) {
  Bytes out(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, name, nullptr, bytes.data(), bytes.size(), out.data(), &size) != 1) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool same(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void put_number(Bytes& out, std::uint64_t value, int bytes, std::endian order) {
  for (int i = 0; i < bytes; ++i) {
    const int shift = order == std::endian::little ? 8 * i : 8 * (bytes - 1 - i);
    out.push_back(static_cast<Byte>(value >> shift));
  }
}

/// The data behind its length; nothing if it must have another.
std::optional<Bytes> with_length(LengthOp op, ByteView data) {
  Bytes out;
  std::uint64_t size = data.size();
  switch (op) {
    case LengthOp::no_prefix:
      break;
    case LengthOp::var_proto:
      for (; size >= 0x80; size >>= 7) out.push_back(static_cast<Byte>(size | 0x80));
      out.push_back(static_cast<Byte>(size));
      break;
    case LengthOp::fixed32_big:
      put_number(out, size, 4, std::endian::big);
      break;
    case LengthOp::fixed32_little:
      put_number(out, size, 4, std::endian::little);
      break;
    case LengthOp::fixed64_big:
      put_number(out, size, 8, std::endian::big);
      break;
    case LengthOp::fixed64_little:
      put_number(out, size, 8, std::endian::little);
      break;
    case LengthOp::require_32_bytes:
      if (size != 32) return std::nullopt;
      break;
    case LengthOp::require_64_bytes:
      if (size != 64) return std::nullopt;
      break;
    default:
      return std::nullopt;
  }
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

std::optional<Bytes> hashed(HashOp op, ByteView bytes) {
  if (op == HashOp::none) return Bytes(bytes.begin(), bytes.end());
  return apply_hash(op, bytes);
}

bool is_iavl(const Spec& spec) {
  const Spec& iavl = iavl_spec();
  const auto shape = [](const Spec& s) {
    return std::tuple(s.leaf.hash, s.leaf.prehash_key, s.leaf.prehash_value, s.leaf.length,
                      s.inner.hash, s.inner.min_prefix, s.inner.max_prefix, s.inner.child_size,
                      s.inner.children);
  };
  return shape(spec) == shape(iavl);
}

/// A node of an IAVL tree begins with its height, size and version as signed varints; its height is
/// at least its layer. What follows in an inner node is the length of the one child, or that with
/// the other child and its own length.
std::string_view iavl_fault(ByteView prefix, std::int64_t layer) {
  for (int i = 0; i < 3; ++i) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      if (prefix.empty() || shift > 63) return "no IAVL node: a number is cut";
      const Byte byte = prefix[0];
      prefix = prefix.subspan(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) break;
    }
    if ((value & 1) != 0) return "no IAVL node: a negative number";  // zigzag
    if (i == 0 && static_cast<std::int64_t>(value >> 1) < layer) {
      return "no IAVL node: lower than its layer";
    }
  }
  const bool fits = layer == 0 ? prefix.empty() : prefix.size() == 1 || prefix.size() == 34;
  return fits ? "" : "no IAVL node: another length";
}

std::string_view inner_fault(const InnerOp& op, const Spec& spec, std::size_t layer) {
  const Spec::Inner& inner = spec.inner;
  if (op.hash != inner.hash) return "inner step: another hash";
  if (is_iavl(spec)) {
    const auto why = iavl_fault(op.prefix, static_cast<std::int64_t>(layer));
    if (!why.empty()) return why;
  }
  if (starts_with(op.prefix, spec.leaf.prefix)) return "inner step: begins as a leaf does";
  if (inner.child_size == 0 || inner.children == 0) return "the specification has no children";
  if (inner.max_prefix >= inner.min_prefix + inner.child_size) {
    return "the specification's prefixes may hide a child";
  }
  if (op.prefix.size() < inner.min_prefix) return "inner step: prefix too short";
  if (op.prefix.size() > inner.max_prefix + (inner.children - 1) * inner.child_size) {
    return "inner step: prefix too long";
  }
  return op.suffix.size() % inner.child_size == 0 ? "" : "inner step: suffix is no whole children";
}

/// Which child of its node the step comes from, by the sizes around it.
std::optional<std::size_t> branch_of(const Spec::Inner& spec, const InnerOp& op) {
  for (std::size_t i = 0; i < spec.children; ++i) {
    const std::size_t before = i * spec.child_size;
    if (op.prefix.size() >= before + spec.min_prefix &&
        op.prefix.size() <= before + spec.max_prefix &&
        op.suffix.size() == (spec.children - 1 - i) * spec.child_size) {
      return i;
    }
  }
  return std::nullopt;
}

/// Do these bytes, if there are any, consist of empty children?
bool all_empty(const Spec::Inner& spec, ByteView siblings) {
  if (siblings.empty()) return true;
  if (spec.empty_child.size() != spec.child_size) return false;
  for (; !siblings.empty(); siblings = siblings.subspan(spec.child_size)) {
    if (!same(siblings.first(spec.child_size), spec.empty_child)) return false;
  }
  return true;
}

/// What lies on that side of the child; nothing where the operation is not this store's.
std::optional<ByteView> siblings(const Spec::Inner& spec, const InnerOp& op, Side side) {
  const auto branch = branch_of(spec, op);
  if (!branch) return std::nullopt;
  return side == Side::right ? ByteView(op.suffix)
                             : ByteView(op.prefix).last(*branch * spec.child_size);
}

/// Is there nothing on that side of the path?
bool outermost(const Spec::Inner& spec, std::span<const InnerOp> path, Side side) {
  return std::all_of(path.begin(), path.end(), [&](const InnerOp& op) {
    const auto beside = siblings(spec, op, side);
    return beside && all_empty(spec, *beside);
  });
}

/// Is the right path the next one after the left one?
bool neighbours(const Spec::Inner& spec, std::span<const InnerOp> left,
                std::span<const InnerOp> right) {
  // What both have in common, from the root down.
  while (!left.empty() && !right.empty() && left.back().prefix == right.back().prefix &&
         left.back().suffix == right.back().suffix) {
    left = left.first(left.size() - 1);
    right = right.first(right.size() - 1);
  }
  if (left.empty() || right.empty()) return false;
  const auto a = branch_of(spec, left.back());
  const auto b = branch_of(spec, right.back());
  return a && b && *b == *a + 1 && outermost(spec, left.first(left.size() - 1), Side::right) &&
         outermost(spec, right.first(right.size() - 1), Side::left);
}

bool holds(const ExistenceProof& proof, const Spec& spec, ByteView root) {
  if (!fault(proof, spec).empty()) return false;
  const auto made = root_of(proof);
  return made && same(*made, root);
}

/// Keys in the order of the tree.
Bytes in_order(const Spec& spec, ByteView key) {
  if (!spec.prehash_key_before_comparison) return Bytes(key.begin(), key.end());
  return hashed(spec.leaf.prehash_key, key).value_or(Bytes());
}

bool between(const NonExistenceProof& proof, const Spec& spec, ByteView key) {
  const Bytes own = in_order(spec, key);
  if (!proof.left && !proof.right) return false;
  if (proof.left && in_order(spec, proof.left->key) >= own) return false;
  return !proof.right || own < in_order(spec, proof.right->key);
}

bool holds(const NonExistenceProof& proof, const Spec& spec, ByteView root) {
  if (proof.left && !holds(*proof.left, spec, root)) return false;
  if (proof.right && !holds(*proof.right, spec, root)) return false;
  if (!proof.left) return outermost(spec.inner, proof.right->path, Side::left);
  if (!proof.right) return outermost(spec.inner, proof.left->path, Side::right);
  return neighbours(spec.inner, proof.left->path, proof.right->path);
}

}  // namespace

const Spec& iavl_spec() {
  static const Spec spec = {
      {HashOp::sha256, HashOp::none, HashOp::sha256, LengthOp::var_proto, {0}},
      {2, 33, 4, 12, {}, HashOp::sha256}};
  return spec;
}

const Spec& tendermint_spec() {
  static const Spec spec = {
      {HashOp::sha256, HashOp::none, HashOp::sha256, LengthOp::var_proto, {0}},
      {2, 32, 1, 1, {}, HashOp::sha256}};
  return spec;
}

const Spec& smt_spec() {
  static const Spec spec = {
      {HashOp::sha256, HashOp::sha256, HashOp::sha256, LengthOp::no_prefix, {0}},
      {2, 32, 1, 1, Bytes(32, 0), HashOp::sha256},
      0,
      256,
      true};
  return spec;
}

std::optional<Bytes> apply_hash(HashOp hash, ByteView bytes) {
  switch (hash) {
    case HashOp::sha256:
      return bytes_of(sha256(bytes));
    case HashOp::sha512:
      return bytes_of(sha512(bytes));
    case HashOp::keccak256:
      return bytes_of(keccak256(bytes));
    case HashOp::ripemd160:
      return bytes_of(ripemd160(bytes));
    case HashOp::bitcoin:
      return bytes_of(ripemd160(sha256(bytes).view()));
    case HashOp::sha512_256:
      return openssl("SHA512-256", bytes);
    case HashOp::blake2b_512:
      return openssl("BLAKE2B-512", bytes);
    case HashOp::blake2s_256:
      return openssl("BLAKE2S-256", bytes);
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> apply_leaf(const LeafOp& op, ByteView key, ByteView value) {
  if (key.empty() || value.empty()) return std::nullopt;
  Bytes all = op.prefix;
  for (const auto& [hash, data] :
       {std::pair(op.prehash_key, key), std::pair(op.prehash_value, value)}) {
    const auto before = hashed(hash, data);
    const auto part = before ? with_length(op.length, *before) : std::nullopt;
    if (!part) return std::nullopt;
    all.insert(all.end(), part->begin(), part->end());
  }
  return apply_hash(op.hash, all);
}

std::optional<Bytes> apply_inner(const InnerOp& op, ByteView child) {
  if (child.empty()) return std::nullopt;
  Bytes all = op.prefix;
  all.insert(all.end(), child.begin(), child.end());
  all.insert(all.end(), op.suffix.begin(), op.suffix.end());
  return apply_hash(op.hash, all);
}

std::optional<Bytes> root_of(const ExistenceProof& proof) {
  if (!proof.leaf) return std::nullopt;
  auto out = apply_leaf(*proof.leaf, proof.key, proof.value);
  for (const InnerOp& step : proof.path) {
    if (!out) return std::nullopt;
    out = apply_inner(step, *out);
  }
  return out;
}

bool siblings_are_empty(const Spec::Inner& spec, const InnerOp& op, Side side) {
  const auto beside = siblings(spec, op, side);
  return beside && !beside->empty() && all_empty(spec, *beside);
}

std::string_view leaf_fault(const LeafOp& op, const Spec& spec) {
  if (is_iavl(spec)) {
    if (const auto why = iavl_fault(op.prefix, 0); !why.empty()) return why;
  }
  if (op.hash != spec.leaf.hash) return "leaf: another hash";
  if (op.prehash_key != spec.leaf.prehash_key) return "leaf: another hash of the key";
  if (op.prehash_value != spec.leaf.prehash_value) return "leaf: another hash of the value";
  if (op.length != spec.leaf.length) return "leaf: another length";
  return starts_with(op.prefix, spec.leaf.prefix) ? "" : "leaf: another prefix";
}

std::string_view fault(const ExistenceProof& proof, const Spec& spec) {
  if (!proof.leaf) return "no leaf";
  if (const auto why = leaf_fault(*proof.leaf, spec); !why.empty()) return why;
  if (proof.path.size() < spec.min_depth) return "too few steps";
  if (proof.path.size() > (spec.max_depth == 0 ? default_depth : spec.max_depth)) {
    return "too many steps";
  }
  for (std::size_t i = 0; i < proof.path.size(); ++i) {
    if (const auto why = inner_fault(proof.path[i], spec, i + 1); !why.empty()) return why;
  }
  return {};
}

bool verify_membership(const Spec& spec, ByteView root, const CommitmentProof& proof, ByteView key,
                       ByteView value) {
  const auto found = std::find_if(proof.exist.begin(), proof.exist.end(),
                                  [&](const auto& one) { return same(one.key, key); });
  return found != proof.exist.end() && same(found->value, value) && holds(*found, spec, root);
}

bool verify_non_membership(const Spec& spec, ByteView root, const CommitmentProof& proof,
                           ByteView key) {
  const auto found = std::find_if(proof.nonexist.begin(), proof.nonexist.end(),
                                  [&](const auto& one) { return between(one, spec, key); });
  return found != proof.nonexist.end() && holds(*found, spec, root);
}

}  // namespace ledgerlab::ics23
