// CommitmentProof as cosmos/ics23/v1/proofs.proto defines it, read from protocol buffers.
#include "models/parts/ics23/ics23.hpp"

namespace ledgerlab::ics23 {
namespace {

/// One message's fields in order. A fault is thrown and does not leave this file.
struct Malformed {};

class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}

  /// False at the end.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    number = tag >> 3;
    wire_ = tag & 7;
    switch (wire_) {
      case 0:
        value_ = varint();
        break;
      case 1:
        bytes_ = take(8);
        break;
      case 2:
        bytes_ = take(varint());
        break;
      case 5:
        bytes_ = take(4);
        break;
      default:
        throw Malformed();
    }
    if (number == 0) throw Malformed();
    return true;
  }
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const Byte byte = take(1)[0];
      out |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return out;
    }
    throw Malformed();
  }
  ByteView bytes() const {
    if (wire_ != 2) throw Malformed();
    return bytes_;
  }
  Bytes copy() const { return Bytes(bytes().begin(), bytes().end()); }
  template <class Enum>
  Enum member(Enum last) const {
    if (wire_ != 0 || value_ > static_cast<std::uint64_t>(last)) throw Malformed();
    return static_cast<Enum>(value_);
  }
  /// Appends the numbers of a repeated field, packed or not.
  void numbers(std::vector<std::uint64_t>& out) const {
    if (wire_ == 0) {
      out.push_back(value_);
      return;
    }
    for (Fields in(bytes()); !in.rest_.empty();) out.push_back(in.varint());
  }

  std::uint64_t number = 0;

 private:
  ByteView take(std::uint64_t count) {
    if (count > rest_.size()) throw Malformed();
    const ByteView out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }

  ByteView rest_;
  std::uint64_t wire_ = 0;
  std::uint64_t value_ = 0;
  ByteView bytes_;
};

LeafOp read_leaf(ByteView bytes) {
  LeafOp out;
  for (Fields f(bytes); f.next();) {
    if (f.number == 1) out.hash = f.member(HashOp::blake3);
    if (f.number == 2) out.prehash_key = f.member(HashOp::blake3);
    if (f.number == 3) out.prehash_value = f.member(HashOp::blake3);
    if (f.number == 4) out.length = f.member(LengthOp::require_64_bytes);
    if (f.number == 5) out.prefix = f.copy();
  }
  return out;
}

InnerOp read_inner(ByteView bytes) {
  InnerOp out;
  for (Fields f(bytes); f.next();) {
    if (f.number == 1) out.hash = f.member(HashOp::blake3);
    if (f.number == 2) out.prefix = f.copy();
    if (f.number == 3) out.suffix = f.copy();
  }
  return out;
}

/// The inner steps that a compressed batch names by index; null: not compressed.
using Lookup = std::vector<InnerOp>;

ExistenceProof read_existence(ByteView bytes, const Lookup* lookup) {
  ExistenceProof out;
  std::vector<std::uint64_t> indices;
  for (Fields f(bytes); f.next();) {
    if (f.number == 1) out.key = f.copy();
    if (f.number == 2) out.value = f.copy();
    if (f.number == 3) out.leaf = read_leaf(f.bytes());
    if (f.number != 4) continue;
    if (lookup == nullptr) {
      out.path.push_back(read_inner(f.bytes()));
    } else {
      f.numbers(indices);
    }
  }
  for (const std::uint64_t index : indices) {
    // A small batch could unfold to a large one; no store is deeper than this.
    if (index >= lookup->size() || indices.size() > 256) throw Malformed();
    out.path.push_back((*lookup)[index]);
  }
  return out;
}

NonExistenceProof read_non_existence(ByteView bytes, const Lookup* lookup) {
  NonExistenceProof out;
  for (Fields f(bytes); f.next();) {
    if (f.number == 1) out.key = f.copy();
    if (f.number == 2) out.left = read_existence(f.bytes(), lookup);
    if (f.number == 3) out.right = read_existence(f.bytes(), lookup);
  }
  return out;
}

void read_entry(ByteView bytes, const Lookup* lookup, CommitmentProof& out) {
  for (Fields f(bytes); f.next();) {
    if (f.number == 1) out.exist.push_back(read_existence(f.bytes(), lookup));
    if (f.number == 2) out.nonexist.push_back(read_non_existence(f.bytes(), lookup));
  }
}

void read_batch(ByteView bytes, bool compressed, CommitmentProof& out) {
  Lookup lookup;
  for (Fields f(bytes); compressed && f.next();) {
    if (f.number == 2) lookup.push_back(read_inner(f.bytes()));
  }
  for (Fields f(bytes); f.next();) {
    if (f.number == 1) read_entry(f.bytes(), compressed ? &lookup : nullptr, out);
  }
}

}  // namespace

std::optional<CommitmentProof> read_proof(ByteView bytes) {
  try {
    CommitmentProof out;
    // One entry's fields have the numbers of the two kinds that are no batch.
    read_entry(bytes, nullptr, out);
    for (Fields f(bytes); f.next();) {
      if (f.number == 3 || f.number == 4) read_batch(f.bytes(), f.number == 4, out);
    }
    return out;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace ledgerlab::ics23
