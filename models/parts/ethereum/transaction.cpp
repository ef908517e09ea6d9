// Field order and hashing are those of Yellow Paper 4.2, EIP-2930, EIP-1559 and EIP-4844.
#include "models/parts/ethereum/transaction.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab::ethereum {
namespace {

// secp256k1's order n, and n / 2 (EIP-2).
constexpr U256 curve_order{0xffffffffffffffff, 0xfffffffffffffffe, 0xbaaedce6af48a03b,
                           0xbfd25e8cd0364141};
constexpr U256 curve_order_half = curve_order >> 1;

constexpr std::array fault_names = {std::string_view("none"),
                                    std::string_view("malformed"),
                                    std::string_view("type_not_supported"),
                                    std::string_view("chain_id"),
                                    std::string_view("signature"),
                                    std::string_view("nonce_overflow"),
                                    std::string_view("intrinsic_gas"),
                                    std::string_view("fee_overflow"),
                                    std::string_view("priority_over_max_fee"),
                                    std::string_view("initcode_size"),
                                    std::string_view("blob_creation"),
                                    std::string_view("blob_count"),
                                    std::string_view("blob_version"),
                                    std::string_view("sender_not_eoa"),
                                    std::string_view("nonce_too_low"),
                                    std::string_view("nonce_too_high"),
                                    std::string_view("insufficient_funds"),
                                    std::string_view("block_gas_limit"),
                                    std::string_view("max_fee_below_base"),
                                    std::string_view("blob_fee_below_base")};
static_assert(fault_names.size() ==
              static_cast<std::size_t>(TransactionFault::blob_fee_below_base) + 1);

void append_access_list(Bytes& out, const AccessList& list) {
  Bytes entries;
  for (const AccessListEntry& entry : list) {
    Bytes keys;
    for (const Hash256& key : entry.keys) rlp::append(keys, key.view());
    Bytes fields;
    rlp::append(fields, entry.address.view());
    rlp::append_list(fields, keys);
    rlp::append_list(entries, fields);
  }
  rlp::append_list(out, entries);
}

void append_to(Bytes& out, const Transaction& tx) {
  rlp::append(out, tx.to ? tx.to->view() : ByteView());
}

/// The fields before the signature.
Bytes unsigned_fields(const Transaction& tx) {
  Bytes out;
  if (tx.type != TransactionType::legacy) rlp::append(out, tx.chain_id);
  rlp::append(out, tx.nonce);
  if (tx.type >= TransactionType::dynamic_fee) rlp::append(out, tx.max_priority_fee);
  rlp::append(out, tx.max_fee);
  rlp::append(out, tx.gas_limit);
  append_to(out, tx);
  rlp::append(out, tx.value);
  rlp::append(out, ByteView(tx.data));
  if (tx.type != TransactionType::legacy) append_access_list(out, tx.access_list);
  if (tx.type == TransactionType::blob) {
    rlp::append(out, tx.max_blob_fee);
    Bytes hashes;
    for (const Hash256& hash : tx.blob_hashes) rlp::append(hashes, hash.view());
    rlp::append_list(out, hashes);
  }
  return out;
}

/// As the type's envelope (EIP-2718).
Bytes envelope(const Transaction& tx, const Bytes& fields) {
  Bytes out;
  if (tx.type != TransactionType::legacy) out.push_back(static_cast<Byte>(tx.type));
  rlp::append_list(out, fields);
  return out;
}

AccessList read_access_list(rlp::Cursor& from) {
  AccessList out;
  rlp::Cursor list = from.list();
  while (list.ok() && !list.at_end()) {
    rlp::Cursor entry = list.list();
    AccessListEntry& read = out.emplace_back();
    read.address = entry.fixed<20>();
    rlp::Cursor keys = entry.list();
    while (keys.ok() && !keys.at_end()) read.keys.push_back(keys.fixed<32>());
    // A fault below is a fault of the whole: the next step of `from` must not succeed.
    if (!keys.finished() || !entry.finished()) from.fail();
    if (!from.ok()) break;
  }
  if (!list.finished()) from.fail();
  return out;
}

std::vector<Hash256> read_hashes(rlp::Cursor& from) {
  std::vector<Hash256> out;
  rlp::Cursor list = from.list();
  while (list.ok() && !list.at_end()) out.push_back(list.fixed<32>());
  if (!list.finished()) from.fail();
  return out;
}

/// A legacy v: 27 and 28, or 35 + 2 chain_id + parity (EIP-155).
TransactionFault read_legacy_v(const U256& v, Transaction& tx) {
  if (!v.fits64()) return TransactionFault::chain_id;
  const std::uint64_t low = v.low64();
  if (low == 27 || low == 28) {
    tx.y_parity = static_cast<std::uint8_t>(low - 27);
    return TransactionFault::none;
  }
  if (low < 37) return TransactionFault::signature;  // 35 and 36 would name chain 0
  tx.chain_id = (low - 35) / 2;
  tx.y_parity = static_cast<std::uint8_t>((low - 35) % 2);
  return TransactionFault::none;
}

TransactionFault read_signature(rlp::Cursor& fields, Transaction& tx) {
  const U256 v = fields.number256();
  tx.r = fields.number256();
  tx.s = fields.number256();
  if (!fields.finished()) return TransactionFault::malformed;
  if (tx.type == TransactionType::legacy) return read_legacy_v(v, tx);
  if (v > U256(1)) return TransactionFault::signature;
  tx.y_parity = static_cast<std::uint8_t>(v.low64());
  return TransactionFault::none;
}

TransactionFault read(rlp::Cursor& fields, Transaction& tx) {
  if (tx.type != TransactionType::legacy) tx.chain_id = fields.number();
  tx.nonce = fields.number();
  if (tx.type >= TransactionType::dynamic_fee) tx.max_priority_fee = fields.number256();
  tx.max_fee = fields.number256();
  if (tx.type < TransactionType::dynamic_fee) tx.max_priority_fee = tx.max_fee;
  tx.gas_limit = fields.number();
  const ByteView to = fields.bytes();
  if (to.size() == Address::size()) {
    std::copy(to.begin(), to.end(), tx.to.emplace().data.begin());
  } else if (!to.empty()) {
    return TransactionFault::malformed;
  }
  tx.value = fields.number256();
  const ByteView data = fields.bytes();
  tx.data.assign(data.begin(), data.end());
  if (tx.type != TransactionType::legacy) tx.access_list = read_access_list(fields);
  if (tx.type == TransactionType::blob) {
    tx.max_blob_fee = fields.number256();
    tx.blob_hashes = read_hashes(fields);
  }
  return read_signature(fields, tx);
}

std::optional<Transaction> decode_typed(ByteView bytes, TransactionFault& fault) {
  Transaction out;
  // EIP-2718: an RLP list starts at 0xc0, a type ends at 0x7f.
  ByteView list = bytes;
  if (bytes.empty()) {
    fault = TransactionFault::malformed;
    return std::nullopt;
  }
  if (bytes[0] < 0xc0) {
    if (bytes[0] == 0 || bytes[0] > static_cast<Byte>(TransactionType::blob)) {
      fault = TransactionFault::type_not_supported;
      return std::nullopt;
    }
    out.type = static_cast<TransactionType>(bytes[0]);
    list = bytes.subspan(1);
  }
  auto fields = rlp::Cursor::list(list);
  fault = fields ? read(*fields, out) : TransactionFault::malformed;
  if (fault != TransactionFault::none) return std::nullopt;
  return out;
}

TransactionFault check_signature(const Transaction& tx, Revision revision) {
  const bool out_of_range =
      tx.r.is_zero() || tx.s.is_zero() || tx.r >= curve_order || tx.s >= curve_order;
  const bool high = revision >= Revision::homestead && tx.s > curve_order_half;  // EIP-2
  return out_of_range || high || tx.y_parity > 1 ? TransactionFault::signature
                                                 : TransactionFault::none;
}

TransactionFault check_blobs(const Transaction& tx) {
  if (tx.type != TransactionType::blob) return TransactionFault::none;
  if (!tx.to) return TransactionFault::blob_creation;
  if (tx.blob_hashes.empty() || blob_gas(tx) > max_blob_gas_per_block) {
    return TransactionFault::blob_count;
  }
  const bool version_1 = std::all_of(tx.blob_hashes.begin(), tx.blob_hashes.end(),
                                     [](const Hash256& hash) { return hash.data[0] == 1; });
  return version_1 ? TransactionFault::none : TransactionFault::blob_version;
}

constexpr std::array<Revision, 4> first_revision = {Revision::frontier, Revision::berlin,
                                                    Revision::london, Revision::cancun};

}  // namespace

std::string_view transaction_fault_name(TransactionFault fault) {
  return fault_names[static_cast<std::size_t>(fault)];
}

Bytes encode(const Transaction& tx) {
  Bytes fields = unsigned_fields(tx);
  std::uint64_t v = tx.y_parity;
  if (tx.type == TransactionType::legacy) v += tx.chain_id == 0 ? 27 : 35 + 2 * tx.chain_id;
  rlp::append(fields, v);
  rlp::append(fields, tx.r);
  rlp::append(fields, tx.s);
  return envelope(tx, fields);
}

std::optional<Transaction> decode_transaction(ByteView bytes, TransactionFault* fault) {
  TransactionFault ignored = TransactionFault::none;
  return decode_typed(bytes, fault != nullptr ? *fault : ignored);
}

void append(Bytes& out, const Transaction& tx) {
  const Bytes bytes = encode(tx);
  if (tx.type == TransactionType::legacy) {
    out.insert(out.end(), bytes.begin(), bytes.end());
  } else {
    rlp::append(out, ByteView(bytes));
  }
}

std::optional<Transaction> next_transaction(rlp::Cursor& body, TransactionFault* fault) {
  TransactionFault ignored = TransactionFault::none;
  TransactionFault& out_fault = fault != nullptr ? *fault : ignored;
  if (!body.next_is_list()) {
    const ByteView bytes = body.bytes();
    out_fault = TransactionFault::malformed;
    if (!body.ok() || bytes.empty() || bytes[0] >= 0xc0) return std::nullopt;
    return decode_typed(bytes, out_fault);
  }
  Transaction out;
  rlp::Cursor fields = body.list();
  out_fault = body.ok() ? read(fields, out) : TransactionFault::malformed;
  if (out_fault != TransactionFault::none) return std::nullopt;
  return out;
}

Hash256 hash(const Transaction& tx) { return keccak256(encode(tx)); }

Hash256 signing_hash(const Transaction& tx) {
  Bytes fields = unsigned_fields(tx);
  if (tx.type == TransactionType::legacy && tx.chain_id != 0) {  // EIP-155
    rlp::append(fields, tx.chain_id);
    rlp::append(fields, std::uint64_t{0});
    rlp::append(fields, std::uint64_t{0});
  }
  return keccak256(envelope(tx, fields));
}

bool sign(Transaction& tx, const FixedBytes<32>& secret) {
  const auto signature = secp256k1_sign_recoverable(secret, signing_hash(tx));
  if (!signature) return false;
  const ByteView bytes = signature->signature.view();
  tx.r = *u256_from_big_endian(bytes.first(32));
  tx.s = *u256_from_big_endian(bytes.last(32));
  tx.y_parity = signature->recovery_id;
  return tx.y_parity <= 1;
}

std::optional<Address> sender(const Transaction& tx) {
  RecoverableSignature signature;
  const auto r = to_big_endian(tx.r);
  const auto s = to_big_endian(tx.s);
  std::copy(r.data.begin(), r.data.end(), signature.signature.data.begin());
  std::copy(s.data.begin(), s.data.end(), signature.signature.data.begin() + 32);
  signature.recovery_id = tx.y_parity;
  const auto key = secp256k1_recover(signature, signing_hash(tx));
  if (!key) return std::nullopt;
  return address_of(*key);
}

std::uint64_t intrinsic_gas(const Transaction& tx, Revision revision) {
  std::uint64_t gas = 21'000;
  if (!tx.to && revision >= Revision::homestead) gas += 32'000;  // EIP-2
  const auto zeros =
      static_cast<std::uint64_t>(std::count(tx.data.begin(), tx.data.end(), Byte{0}));
  const std::uint64_t per_byte = revision >= Revision::istanbul ? 16 : 68;  // EIP-2028
  gas += 4 * zeros + per_byte * (tx.data.size() - zeros);
  for (const AccessListEntry& entry : tx.access_list) {  // EIP-2930
    gas += 2'400 + 1'900 * std::uint64_t{entry.keys.size()};
  }
  if (!tx.to && revision >= Revision::shanghai)
    gas += 2 * ((tx.data.size() + 31) / 32);  // EIP-3860
  return gas;
}

TransactionFault validate(const Transaction& tx, Revision revision, std::uint64_t chain_id) {
  if (revision < first_revision[static_cast<std::size_t>(tx.type)]) {
    return TransactionFault::type_not_supported;
  }
  const bool bound = tx.type != TransactionType::legacy || tx.chain_id != 0;
  if (bound && revision < Revision::spurious_dragon) return TransactionFault::signature;
  if (bound && tx.chain_id != chain_id) return TransactionFault::chain_id;
  const TransactionFault signature = check_signature(tx, revision);
  if (signature != TransactionFault::none) return signature;
  if (tx.nonce == ~std::uint64_t{0}) return TransactionFault::nonce_overflow;  // EIP-2681
  if (tx.gas_limit < intrinsic_gas(tx, revision)) return TransactionFault::intrinsic_gas;
  if (!checked_multiply(tx.max_fee, U256(tx.gas_limit))) return TransactionFault::fee_overflow;
  if (tx.max_priority_fee > tx.max_fee) return TransactionFault::priority_over_max_fee;
  if (!tx.to && revision >= Revision::shanghai && tx.data.size() > max_initcode_size) {
    return TransactionFault::initcode_size;
  }
  return check_blobs(tx);
}

U256 effective_gas_price(const Transaction& tx, const U256& base_fee) {
  const U256 room = tx.max_fee - base_fee;
  return base_fee + std::min(tx.max_priority_fee, room);
}

std::uint64_t blob_gas(const Transaction& tx) {
  return gas_per_blob * std::uint64_t{tx.blob_hashes.size()};
}

}  // namespace ledgerlab::ethereum
