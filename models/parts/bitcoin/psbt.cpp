#include "models/parts/bitcoin/psbt.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "models/crypto/secp256k1.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/taproot.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::array<Byte, 5> magic = {'p', 's', 'b', 't', 0xff};
constexpr std::uint64_t global_unsigned_tx = 0x00;
constexpr std::uint64_t global_tx_version = 0x02;
constexpr std::uint64_t global_locktime = 0x03;
constexpr std::uint64_t global_input_count = 0x04;
constexpr std::uint64_t global_output_count = 0x05;
constexpr std::uint64_t global_version = 0xfb;
constexpr std::uint64_t in_previous_txid = 0x0e;
constexpr std::uint64_t in_output_index = 0x0f;
constexpr std::uint64_t in_sequence = 0x10;
constexpr std::uint64_t out_amount = 0x03;
constexpr std::uint64_t out_script = 0x04;

enum class Part : std::uint8_t { global, input, output };

/// Both views without the type: the key's data and the value.
using Check = bool (*)(ByteView key, ByteView value);

bool no_data(ByteView key) { return key.empty(); }

template <std::size_t Key>
bool sized_key(ByteView key, ByteView) {
  return key.size() == Key;
}
template <std::size_t Value>
bool sized_value(ByteView key, ByteView value) {
  return no_data(key) && value.size() == Value;
}
bool any_value(ByteView key, ByteView) { return no_data(key); }

bool is_compact(ByteView key, ByteView value) {
  Reader in(value);
  in.compact();
  return no_data(key) && in.done();
}

bool is_transaction(ByteView key, ByteView value) {
  return no_data(key) && decode_transaction(value).has_value();
}

bool is_unsigned(ByteView key, ByteView value) {
  const auto tx = decode_transaction(value, WitnessForm::forbid);
  return no_data(key) && tx &&
         std::all_of(tx->inputs.begin(), tx->inputs.end(),
                     [](const TxIn& input) { return input.script_sig.empty(); });
}

bool is_output(ByteView key, ByteView value) {
  Reader in(value);
  read_output(in);
  return no_data(key) && in.done();
}

bool is_witness(ByteView key, ByteView value) {
  Reader in(value);
  read_witness(in);
  return no_data(key) && in.done();
}

bool is_partial_signature(ByteView key, ByteView value) {
  return secp256k1_valid_sec1(key) && !value.empty() && is_strict_der(value) &&
         has_defined_hash_type(value);
}

/// A fingerprint and steps of four bytes each.
bool is_origin(ByteView value) { return !value.empty() && value.size() % 4 == 0; }

bool is_derivation(ByteView key, ByteView value) {
  return secp256k1_valid_sec1(key) && is_origin(value);
}

bool is_extended_key(ByteView key, ByteView value) {
  return key.size() == 78 && secp256k1_valid_sec1(key.last(33)) && is_origin(value);
}

bool is_schnorr_size(ByteView value) { return value.size() == 64 || value.size() == 65; }

bool is_tap_key_signature(ByteView key, ByteView value) {
  return no_data(key) && is_schnorr_size(value);
}

bool is_tap_script_signature(ByteView key, ByteView value) {
  return key.size() == 64 && is_schnorr_size(value);
}

bool is_tap_leaf_script(ByteView key, ByteView value) {
  return key.size() >= control_base_size && (key.size() - control_base_size) % 32 == 0 &&
         !value.empty();
}

bool is_tap_derivation(ByteView key, ByteView value) {
  Reader in(value);
  const std::uint64_t hashes = in.length();
  for (std::uint64_t i = 0; i < hashes && in.ok(); ++i) in.hash();
  return key.size() == 32 && in.ok() && is_origin(value.last(in.left()));
}

bool is_tap_tree(ByteView key, ByteView value) {
  Reader in(value);
  std::vector<std::pair<std::size_t, TapLeaf>> leaves;
  while (in.ok() && in.left() > 0) {
    const std::size_t depth = in.u8();
    const Byte version = in.u8();
    if ((version & ~taproot_leaf_mask) != 0) return false;
    leaves.push_back({depth, {in.var_bytes(), version}});
  }
  return no_data(key) && in.ok() && TapTree::from_depths(std::move(leaves)).has_value();
}

bool are_keys(ByteView keys) {
  if (keys.size() % 33 != 0) return false;
  for (; !keys.empty(); keys = keys.subspan(33)) {
    if (!secp256k1_valid_sec1(keys.first(33))) return false;
  }
  return true;
}

bool is_participants(ByteView key, ByteView value) {
  return key.size() == 33 && are_keys(key) && are_keys(value);
}

template <std::size_t Value>
bool is_musig(ByteView key, ByteView value) {
  return (key.size() == 66 || key.size() == 98) && are_keys(key.first(66)) && value.size() == Value;
}

bool is_time_lock(ByteView key, ByteView value) {
  return sized_value<4>(key, value) && Reader(value).u32() >= locktime_threshold;
}

bool is_height_lock(ByteView key, ByteView value) {
  const std::uint32_t height = Reader(value).u32();
  return sized_value<4>(key, value) && height > 0 && height < locktime_threshold;
}

bool is_proprietary(ByteView key, ByteView) {
  Reader in(key);
  in.var_view();
  in.compact();
  return in.ok();
}

struct Field {
  Part part;
  std::uint64_t type;
  Check check;
  bool v0 = true;
  bool v2 = true;
  bool needed_v2 = false;
};
// In the order in which the fields of a map are written.
constexpr std::array fields = std::to_array<Field>({
    {Part::global, global_unsigned_tx, is_unsigned, true, false},
    {Part::global, 0x01, is_extended_key},
    {Part::global, global_tx_version, sized_value<4>, false, true, true},
    {Part::global, global_locktime, sized_value<4>, false},
    {Part::global, global_input_count, is_compact, false, true, true},
    {Part::global, global_output_count, is_compact, false, true, true},
    {Part::global, 0x06, sized_value<1>, false},
    {Part::global, global_version, sized_value<4>},
    {Part::global, 0xfc, is_proprietary},
    {Part::input, psbt_in_non_witness_utxo, is_transaction},
    {Part::input, psbt_in_witness_utxo, is_output},
    {Part::input, psbt_in_partial_sig, is_partial_signature},
    {Part::input, psbt_in_sighash, sized_value<4>},
    {Part::input, psbt_in_redeem_script, any_value},
    {Part::input, psbt_in_witness_script, any_value},
    {Part::input, 0x06, is_derivation},
    {Part::input, 0x0a, sized_key<20>},  // preimages: RIPEMD-160, SHA-256, HASH160, HASH256
    {Part::input, 0x0b, sized_key<32>},
    {Part::input, 0x0c, sized_key<20>},
    {Part::input, 0x0d, sized_key<32>},
    {Part::input, 0x13, is_tap_key_signature},
    {Part::input, 0x14, is_tap_script_signature},
    {Part::input, 0x15, is_tap_leaf_script},
    {Part::input, 0x16, is_tap_derivation},
    {Part::input, 0x17, sized_value<32>},
    {Part::input, 0x18, sized_value<32>},
    {Part::input, 0x1a, is_participants},
    {Part::input, 0x1b, is_musig<66>},
    {Part::input, 0x1c, is_musig<32>},
    {Part::input, psbt_in_final_script_sig, any_value},
    {Part::input, psbt_in_final_script_witness, is_witness},
    {Part::input, in_previous_txid, sized_value<32>, false, true, true},
    {Part::input, in_output_index, sized_value<4>, false, true, true},
    {Part::input, in_sequence, sized_value<4>, false},
    {Part::input, 0x11, is_time_lock, false},
    {Part::input, 0x12, is_height_lock, false},
    {Part::input, 0xfc, is_proprietary},
    {Part::output, 0x00, any_value},  // redeem script
    {Part::output, 0x01, any_value},  // witness script
    {Part::output, 0x02, is_derivation},
    {Part::output, out_amount, sized_value<8>, false, true, true},
    {Part::output, out_script, any_value, false, true, true},
    {Part::output, 0xfc, is_proprietary},
    {Part::output, 0x05, sized_value<32>},
    {Part::output, 0x06, is_tap_tree},
    {Part::output, 0x07, is_tap_derivation},
    {Part::output, 0x08, is_participants},
});

const Field* find_field(Part part, std::uint64_t type) {
  const auto row = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return field.part == part && field.type == type;
  });
  return row == fields.end() ? nullptr : &*row;
}

/// A key apart: its type, and its data as a view into it.
struct Key {
  std::uint64_t type;
  ByteView data;
  bool ok;
};
Key split(ByteView key) {
  Reader in(key);
  const std::uint64_t type = in.compact();
  return {type, key.last(in.left()), in.ok()};
}

Bytes key_of(std::uint64_t type) {
  Bytes key;
  put_compact(key, type);
  return key;
}

const Bytes* value_of(const PsbtMap& map, std::uint64_t type) {
  const auto it = map.find(key_of(type));
  return it == map.end() ? nullptr : &it->second;
}

std::uint32_t number_of(const PsbtMap& map, std::uint64_t type, std::uint32_t otherwise) {
  const Bytes* value = value_of(map, type);
  return value == nullptr ? otherwise : Reader(*value).u32();
}

PsbtMap read_map(Reader& in, Part part) {
  PsbtMap map;
  while (in.ok()) {
    Bytes key = in.var_bytes();
    if (key.empty()) return map;  // the separator; a reader that failed gives it too
    Bytes value = in.var_bytes();
    const Key parts = split(key);
    const Field* field = find_field(part, parts.type);
    if (!parts.ok || (field != nullptr && !field->check(parts.data, value)) ||
        !map.emplace(std::move(key), std::move(value)).second) {
      in.fail();
    }
  }
  return map;
}

/// Fields that this version does not have, or lacks.
bool fits_version(const PsbtMap& map, Part part, std::uint32_t version) {
  for (const Field& field : fields) {
    if (field.part != part) continue;
    const bool there = value_of(map, field.type) != nullptr;
    if (there && !(version == 0 ? field.v0 : field.v2)) return false;
    if (!there && version == 2 && field.needed_v2) return false;
  }
  return version == 2 || part != Part::global || value_of(map, global_unsigned_tx) != nullptr;
}

std::uint64_t count_of(const PsbtMap& global, std::uint64_t type) {
  const Bytes* value = value_of(global, type);
  return value == nullptr ? 0 : Reader(*value).compact();
}

/// BIP 370: the highest lock time that the inputs ask for, heights before times.
std::uint32_t required_locktime(const Psbt& psbt) {
  bool heights = true;
  bool times = true;
  std::uint32_t height = 0;
  std::uint32_t time = 0;
  for (const PsbtMap& input : psbt.inputs) {
    const std::uint32_t wants_time = number_of(input, 0x11, 0);
    const std::uint32_t wants_height = number_of(input, 0x12, 0);
    if (wants_time == 0 && wants_height == 0) continue;
    heights = heights && wants_height != 0;
    times = times && wants_time != 0;
    height = std::max(height, wants_height);
    time = std::max(time, wants_time);
  }
  if (heights && height != 0) return height;
  if (times && time != 0) return time;
  return number_of(psbt.global, global_locktime, 0);
}

Transaction assemble(const Psbt& psbt) {
  Transaction tx;
  tx.version = number_of(psbt.global, global_tx_version, 2);
  tx.locktime = required_locktime(psbt);
  for (const PsbtMap& input : psbt.inputs) {
    TxIn in;
    in.prevout = {Reader(*value_of(input, in_previous_txid)).hash(),
                  number_of(input, in_output_index, 0)};
    in.sequence = number_of(input, in_sequence, sequence_final);
    tx.inputs.push_back(std::move(in));
  }
  for (const PsbtMap& output : psbt.outputs) {
    tx.outputs.push_back({static_cast<Satoshi>(Reader(*value_of(output, out_amount)).u64()),
                          *value_of(output, out_script)});
  }
  return tx;
}

/// A whole previous transaction must be the one that the input spends.
bool previous_fits(const PsbtMap& input, const OutPoint& point) {
  const Bytes* raw = value_of(input, psbt_in_non_witness_utxo);
  if (raw == nullptr) return true;
  const auto previous = decode_transaction(*raw);
  return previous && txid(*previous) == point.txid && point.index < previous->outputs.size();
}

/// Within one type by the data of the key, partial signatures by the hash of their key.
void write_map(Bytes& out, const PsbtMap& map, Part part) {
  struct Entry {
    std::size_t rank;
    Bytes order;
    const Bytes* key;
    const Bytes* value;
  };
  std::vector<Entry> entries;
  for (const auto& [key, value] : map) {
    const Key parts = split(key);
    const Field* field = find_field(part, parts.type);
    const std::size_t rank =
        field == nullptr ? fields.size() : static_cast<std::size_t>(field - fields.data());
    const bool by_hash = part == Part::input && parts.type == psbt_in_partial_sig;
    entries.push_back({rank, by_hash ? to_bytes(hash160(parts.data).view()) : key, &key, &value});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.rank, a.order) < std::tie(b.rank, b.order);
  });
  for (const Entry& entry : entries) {
    put_var_bytes(out, *entry.key);
    put_var_bytes(out, *entry.value);
  }
  put_u8(out, 0);
}

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<Psbt> decode_psbt(ByteView bytes) {
  Reader in(bytes);
  const ByteView head = in.take(magic.size());
  if (!std::equal(magic.begin(), magic.end(), head.begin(), head.end())) return std::nullopt;
  Psbt psbt;
  psbt.global = read_map(in, Part::global);
  psbt.version = number_of(psbt.global, global_version, 0);
  if (!in.ok() || (psbt.version != 0 && psbt.version != 2) ||
      !fits_version(psbt.global, Part::global, psbt.version)) {
    return std::nullopt;
  }
  std::uint64_t inputs = count_of(psbt.global, global_input_count);
  std::uint64_t outputs = count_of(psbt.global, global_output_count);
  if (psbt.version == 0) {
    psbt.transaction =
        *decode_transaction(*value_of(psbt.global, global_unsigned_tx), WitnessForm::forbid);
    inputs = psbt.transaction.inputs.size();
    outputs = psbt.transaction.outputs.size();
  }
  const auto read_all = [&](Part part, std::uint64_t count, std::vector<PsbtMap>& maps) {
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      maps.push_back(read_map(in, part));
      if (!fits_version(maps.back(), part, psbt.version)) in.fail();
    }
  };
  read_all(Part::input, inputs, psbt.inputs);
  read_all(Part::output, outputs, psbt.outputs);
  if (!in.done()) return std::nullopt;
  if (psbt.version == 2) psbt.transaction = assemble(psbt);
  for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
    if (!previous_fits(psbt.inputs[i], psbt.transaction.inputs[i].prevout)) return std::nullopt;
  }
  return psbt;
}

Bytes encode_psbt(const Psbt& psbt) {
  Bytes out(magic.begin(), magic.end());
  write_map(out, psbt.global, Part::global);
  for (const PsbtMap& input : psbt.inputs) write_map(out, input, Part::input);
  for (const PsbtMap& output : psbt.outputs) write_map(out, output, Part::output);
  return out;
}

Psbt create_psbt(const Transaction& unsigned_transaction) {
  Psbt psbt;
  psbt.transaction = unsigned_transaction;
  for (TxIn& input : psbt.transaction.inputs) {
    input.script_sig.clear();
    input.witness.clear();
  }
  psbt.global[key_of(global_unsigned_tx)] =
      encode_transaction(psbt.transaction, WitnessForm::forbid);
  psbt.inputs.resize(psbt.transaction.inputs.size());
  psbt.outputs.resize(psbt.transaction.outputs.size());
  return psbt;
}

std::optional<Psbt> combine_psbts(std::span<const Psbt> psbts) {
  if (psbts.empty()) return std::nullopt;
  Psbt out = psbts[0];
  for (const Psbt& other : psbts.subspan(1)) {
    if (other.version != out.version || other.transaction != out.transaction) return std::nullopt;
    out.global.insert(other.global.begin(), other.global.end());
    for (std::size_t i = 0; i < out.inputs.size(); ++i) {
      out.inputs[i].insert(other.inputs[i].begin(), other.inputs[i].end());
    }
    for (std::size_t i = 0; i < out.outputs.size(); ++i) {
      out.outputs[i].insert(other.outputs[i].begin(), other.outputs[i].end());
    }
  }
  return out;
}

std::optional<TxOut> psbt_spent_output(const Psbt& psbt, std::size_t index) {
  const PsbtMap& input = psbt.inputs[index];
  if (const Bytes* raw = value_of(input, psbt_in_non_witness_utxo)) {
    const auto previous = decode_transaction(*raw);
    return previous->outputs[psbt.transaction.inputs[index].prevout.index];
  }
  if (const Bytes* raw = value_of(input, psbt_in_witness_utxo)) {
    Reader in(*raw);
    return read_output(in);
  }
  return std::nullopt;
}

std::optional<Transaction> extract_psbt(const Psbt& psbt) {
  Transaction tx = psbt.transaction;
  for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
    const Bytes* script = value_of(psbt.inputs[i], psbt_in_final_script_sig);
    const Bytes* witness = value_of(psbt.inputs[i], psbt_in_final_script_witness);
    if (script == nullptr && witness == nullptr) return std::nullopt;
    if (script != nullptr) tx.inputs[i].script_sig = *script;
    if (witness != nullptr) {
      Reader in(*witness);
      tx.inputs[i].witness = read_witness(in);
    }
  }
  return tx;
}

std::string base64_encode(ByteView bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0);
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= count ? base64_alphabet[group >> (6 * (3 - k)) & 63] : '=';
    }
  }
  return out;
}

std::optional<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  Bytes out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = base64_alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    held = (held << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<Byte>(held >> bits));
    }
  }
  if ((held & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace ledgerlab::bitcoin
