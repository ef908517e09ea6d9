#include "models/parts/bitcoin/address.hpp"

#include <algorithm>
#include <array>

#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/base58.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/script.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::array networks = std::to_array<Network>({
    {"main", 0, 5, 128, "bc"},
    {"test", 111, 196, 239, "tb"},
    {"testnet4", 111, 196, 239, "tb"},
    {"signet", 111, 196, 239, "tb"},
    {"regtest", 111, 196, 239, "bcrt"},
});

constexpr std::array<std::string_view, 11> type_names = {"nonstandard",
                                                         "pubkey",
                                                         "pubkeyhash",
                                                         "scripthash",
                                                         "multisig",
                                                         "nulldata",
                                                         "anchor",
                                                         "witness_v0_keyhash",
                                                         "witness_v0_scripthash",
                                                         "witness_v1_taproot",
                                                         "witness_unknown"};
static_assert(type_names.size() == static_cast<std::size_t>(ScriptType::witness_unknown) + 1);

/// By length and first byte, as a key would announce it: 02, 03; 04, 06, 07.
bool has_key_size(ByteView key) {
  if (key.empty()) return false;
  const Byte first = key[0];
  const std::size_t size = first == 2 || first == 3                 ? 33
                           : first == 4 || first == 6 || first == 7 ? 65
                                                                    : 0;
  return key.size() == size;
}

Bytes copy(ByteView view) { return to_bytes(view); }

/// The number an instruction pushes, if it is minimal and from 1 to 20.
std::optional<int> key_count(const Instruction& instruction) {
  if (instruction.opcode >= op_1 && instruction.opcode <= op_16) {
    return instruction.opcode - op_reserved;
  }
  if (instruction.opcode > op_pushdata4 || instruction.data.empty() ||
      !is_minimal_push(instruction.data, instruction.opcode)) {
    return std::nullopt;
  }
  const auto number = decode_number(instruction.data, true);
  if (!number || *number < 1 || *number > max_keys_per_multisig) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<ScriptForm> match_pubkey(ByteView script) {
  const bool direct =
      (script.size() == 35 && script[0] == 33) || (script.size() == 67 && script[0] == 65);
  if (!direct || script.back() != op_checksig) return std::nullopt;
  const ByteView key = script.subspan(1, script.size() - 2);
  if (!has_key_size(key)) return std::nullopt;
  return ScriptForm{ScriptType::pubkey, {copy(key)}, 0};
}

std::optional<ScriptForm> match_multisig(ByteView script) {
  ScriptReader reader(script);
  Instruction instruction;
  if (script.empty() || script.back() != op_checkmultisig || !reader.next(instruction)) {
    return std::nullopt;
  }
  const auto required = key_count(instruction);
  if (!required) return std::nullopt;
  ScriptForm form{ScriptType::multisig, {}, *required};
  while (reader.next(instruction) && has_key_size(instruction.data)) {
    form.parts.push_back(copy(instruction.data));
  }
  const auto keys = key_count(instruction);
  if (!keys || static_cast<std::size_t>(*keys) != form.parts.size() || *required > *keys) {
    return std::nullopt;
  }
  // Nothing but the check may follow.
  if (reader.position() + 1 != script.size()) return std::nullopt;
  return form;
}

std::optional<ScriptForm> match_witness(ByteView script) {
  const auto program = witness_program(script);
  if (!program) return std::nullopt;
  ScriptForm form{ScriptType::witness_unknown, {copy(program->program)}, program->version};
  const std::size_t size = program->program.size();
  if (program->version == 0) {
    form.type = size == 20   ? ScriptType::witness_v0_keyhash
                : size == 32 ? ScriptType::witness_v0_scripthash
                             : ScriptType::nonstandard;
  } else if (program->version == 1 && size == 32) {
    form.type = ScriptType::witness_v1_taproot;
  } else if (is_anchor(*program)) {
    form.type = ScriptType::anchor;
  }
  return form;
}

bool is_p2pkh(ByteView script) {
  return script.size() == 25 && script[0] == op_dup && script[1] == op_hash160 && script[2] == 20 &&
         script[23] == op_equalverify && script[24] == op_checksig;
}

std::optional<std::string> base58_address(Byte version, ByteView hash) {
  Bytes all = {version};
  put_bytes(all, hash);
  return base58check_encode(all);
}

std::optional<Bytes> script_of_bech32(const Bech32& decoded) {
  if (decoded.data.empty() || decoded.data[0] > 16) return std::nullopt;
  const int version = decoded.data[0];
  // BIP 350: version 0 keeps the old checksum, all others have the new one.
  if ((version == 0) != (decoded.form == Bech32Form::bech32)) return std::nullopt;
  const auto program = regroup_bits(ByteView(decoded.data).subspan(1), 5, 8, false);
  if (!program || program->size() < 2 || program->size() > 40) return std::nullopt;
  if (version == 0 && program->size() != 20 && program->size() != 32) return std::nullopt;
  return witness_script(version, *program);
}

template <std::size_t N>
FixedBytes<N> fixed(ByteView bytes) {
  FixedBytes<N> out;
  std::copy_n(bytes.begin(), N, out.data.begin());
  return out;
}

constexpr std::string_view descriptor_characters =
    "0123456789()[],'/"
    "*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";

/// BIP 380's code over GF(32).
std::uint64_t descriptor_polymod(std::uint64_t state, unsigned value) {
  static constexpr std::array<std::uint64_t, 5> generator = {
      0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd};
  const std::uint64_t top = state >> 35;
  state = (state & 0x7ffffffff) << 5 ^ value;
  for (unsigned i = 0; i < 5; ++i) {
    if ((top >> i & 1) != 0) state ^= generator[i];
  }
  return state;
}

/// pk() and multi(), of keys that are no hybrids (uncompressed ones only where `uncompressed`).
std::optional<std::string> keys_descriptor(const ScriptForm& form, bool uncompressed) {
  if (form.type != ScriptType::pubkey && form.type != ScriptType::multisig) return std::nullopt;
  std::string out =
      form.type == ScriptType::pubkey ? "pk(" : "multi(" + std::to_string(form.required);
  for (const Bytes& key : form.parts) {
    if (!(uncompressed ? is_plain_key(key) : is_compressed_key(key))) return std::nullopt;
    out += (out.ends_with('(') ? "" : ",") + to_hex(key);
  }
  return out + ")";
}

std::string descriptor_body(ByteView script, const Network& network) {
  const ScriptForm form = classify(script);
  if (const auto keys = keys_descriptor(form, true)) return *keys;
  if (form.type == ScriptType::witness_v1_taproot && xonly_is_valid(fixed<32>(form.parts[0]))) {
    return "rawtr(" + to_hex(form.parts[0]) + ")";
  }
  if (const auto address = address_of_script(script, network)) return "addr(" + *address + ")";
  return "raw(" + to_hex(script) + ")";
}

std::string with_checksum(const std::string& body) {
  return body + "#" + descriptor_checksum(body).value_or("");
}

}  // namespace

const Network* find_network(std::string_view name) {
  const auto row = std::find_if(networks.begin(), networks.end(),
                                [&](const Network& network) { return network.name == name; });
  return row == networks.end() ? nullptr : &*row;
}

Hash160 hash160(ByteView bytes) { return ripemd160(sha256(bytes).view()); }

std::string_view script_type_name(ScriptType type) {
  return type_names[static_cast<std::size_t>(type)];
}

ScriptForm classify(ByteView script) {
  if (is_p2sh(script)) return {ScriptType::scripthash, {copy(script.subspan(2, 20))}, 0};
  if (const auto form = match_witness(script)) return *form;
  if (!script.empty() && script[0] == op_return && is_push_only(script.subspan(1))) {
    return {ScriptType::nulldata, {}, 0};
  }
  if (const auto form = match_pubkey(script)) return *form;
  if (is_p2pkh(script)) return {ScriptType::pubkeyhash, {copy(script.subspan(3, 20))}, 0};
  if (const auto form = match_multisig(script)) return *form;
  return {};
}

Bytes p2pk_script(ByteView key) {
  Bytes script;
  push_data(script, key);
  put_u8(script, op_checksig);
  return script;
}

Bytes p2pkh_script(const Hash160& key_hash) {
  Bytes script = {op_dup, op_hash160};
  push_data(script, key_hash.view());
  put_u8(script, op_equalverify);
  put_u8(script, op_checksig);
  return script;
}

Bytes p2sh_script(const Hash160& script_hash) {
  Bytes script = {op_hash160};
  push_data(script, script_hash.view());
  put_u8(script, op_equal);
  return script;
}

Bytes witness_script(int version, ByteView program) {
  Bytes script;
  push_number(script, version);
  push_data(script, program);
  return script;
}

std::optional<Bytes> multisig_script(int required, const std::vector<Bytes>& keys) {
  const auto count = static_cast<int>(std::min<std::size_t>(keys.size(), 1000));
  if (required < 1 || required > count || count > max_keys_per_multisig) return std::nullopt;
  Bytes script;
  push_number(script, required);
  for (const Bytes& key : keys) push_data(script, key);
  push_number(script, count);
  put_u8(script, op_checkmultisig);
  return script;
}

Bytes nulldata_script(const std::vector<Bytes>& data) {
  Bytes script = {op_return};
  for (const Bytes& item : data) push_data(script, item);
  return script;
}

std::optional<std::string> address_of_script(ByteView script, const Network& network) {
  const ScriptForm form = classify(script);
  switch (form.type) {
    case ScriptType::pubkeyhash:
      return base58_address(network.key_hash, form.parts[0]);
    case ScriptType::scripthash:
      return base58_address(network.script_hash, form.parts[0]);
    case ScriptType::anchor:
    case ScriptType::witness_v0_keyhash:
    case ScriptType::witness_v0_scripthash:
    case ScriptType::witness_v1_taproot:
    case ScriptType::witness_unknown: {
      Bech32 out;
      out.form = form.required == 0 ? Bech32Form::bech32 : Bech32Form::bech32m;
      out.prefix = network.prefix;
      out.data = *regroup_bits(form.parts[0], 8, 5, true);
      out.data.insert(out.data.begin(), static_cast<Byte>(form.required));
      return bech32_encode(out);
    }
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> script_of_address(std::string_view address, const Network& network) {
  const auto body = base58check_decode(address, 21);
  if (body && body->size() == 21) {
    const Hash160 hash = fixed<20>(ByteView(*body).subspan(1));
    if ((*body)[0] == network.key_hash) return p2pkh_script(hash);
    if ((*body)[0] == network.script_hash) return p2sh_script(hash);
    return std::nullopt;
  }
  const auto decoded = bech32_decode(address);
  if (!decoded || decoded->prefix != network.prefix) return std::nullopt;
  return script_of_bech32(*decoded);
}

std::string encode_wif(const PrivateKey& key, const Network& network) {
  Bytes all = {network.secret};
  put_bytes(all, key.secret.view());
  if (key.compressed) put_u8(all, 1);
  return base58check_encode(all);
}

std::optional<PrivateKey> decode_wif(std::string_view text, const Network& network) {
  const auto body = base58check_decode(text, 34);
  if (!body || body->size() < 33 || (*body)[0] != network.secret) return std::nullopt;
  if (body->size() == 34 && body->back() != 1) return std::nullopt;
  PrivateKey key{fixed<32>(ByteView(*body).subspan(1, 32)), body->size() == 34};
  if (!secp256k1_public_key(key.secret)) return std::nullopt;
  return key;
}

std::optional<Bytes> public_key_of(const PrivateKey& key) {
  const auto point = secp256k1_public_key(key.secret);
  if (!point) return std::nullopt;
  if (key.compressed) return copy(secp256k1_compress(*point)->view());
  Bytes out = {4};
  put_bytes(out, point->view());
  return out;
}

std::optional<std::string> descriptor_checksum(std::string_view descriptor) {
  std::uint64_t state = 1;
  unsigned group = 0;
  unsigned count = 0;
  for (const char c : descriptor) {
    const std::size_t at = descriptor_characters.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    state = descriptor_polymod(state, static_cast<unsigned>(at & 31));
    group = group * 3 + static_cast<unsigned>(at >> 5);
    if (++count == 3) {
      state = descriptor_polymod(state, group);
      group = 0;
      count = 0;
    }
  }
  if (count > 0) state = descriptor_polymod(state, group);
  for (int i = 0; i < 8; ++i) state = descriptor_polymod(state, 0);
  state ^= 1;
  constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  std::string out;
  for (unsigned i = 0; i < 8; ++i) out += alphabet[state >> (5 * (7 - i)) & 31];
  return out;
}

std::string describe_script(ByteView script, const Network& network) {
  return with_checksum(descriptor_body(script, network));
}

std::string describe_p2wsh(ByteView inner, const Network& network) {
  if (const auto keys = keys_descriptor(classify(inner), false)) {
    return with_checksum("wsh(" + *keys + ")");
  }
  return describe_script(p2wsh_script(sha256(inner)), network);
}

}  // namespace ledgerlab::bitcoin
