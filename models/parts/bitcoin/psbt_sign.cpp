// The signer and the finalizer of BIP 174: signatures for an input's script, and final scripts from
// what its map has gathered.
#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/psbt.hpp"
#include "models/parts/bitcoin/script.hpp"
#include "models/parts/bitcoin/sighash.hpp"

namespace ledgerlab::bitcoin {
namespace {

const Bytes* find(const PsbtMap& map, Byte type) {
  const auto it = map.find(Bytes{type});
  return it == map.end() ? nullptr : &it->second;
}

const Bytes* signature_of(const PsbtMap& input, ByteView key) {
  Bytes name = {psbt_in_partial_sig};
  put_bytes(name, key);
  const auto it = input.find(name);
  return it == input.end() ? nullptr : &it->second;
}

const Bytes* key_of_hash(const PsbtMap& input, ByteView hash, Bytes& key) {
  for (const auto& [name, value] : input) {
    if (name[0] != psbt_in_partial_sig) continue;
    key.assign(name.begin() + 1, name.end());
    const Hash160 own = hash160(key);
    if (std::equal(hash.begin(), hash.end(), own.data.begin())) return &value;
  }
  return nullptr;
}

/// The elements that satisfy a script of a standard form.
std::optional<std::vector<Bytes>> satisfy(const PsbtMap& input, const ScriptForm& form) {
  switch (form.type) {
    case ScriptType::pubkey:
      if (const Bytes* signature = signature_of(input, form.parts[0])) return {{*signature}};
      return std::nullopt;
    case ScriptType::pubkeyhash:
    case ScriptType::witness_v0_keyhash: {
      Bytes key;
      const Bytes* signature = key_of_hash(input, form.parts[0], key);
      if (signature == nullptr) return std::nullopt;
      return {{*signature, key}};
    }
    case ScriptType::multisig: {
      std::vector<Bytes> elements = {{}};
      for (const Bytes& key : form.parts) {
        const Bytes* signature = signature_of(input, key);
        if (signature != nullptr && elements.size() <= static_cast<std::size_t>(form.required)) {
          elements.push_back(*signature);
        }
      }
      if (elements.size() != static_cast<std::size_t>(form.required) + 1) return std::nullopt;
      return elements;
    }
    default:
      return std::nullopt;
  }
}

/// The way from an output's script through P2SH and P2WSH to the script that is satisfied. Nothing
/// where a script on the way is missing or is another than committed to.
struct Path {
  Bytes script;
  const Bytes* redeem = nullptr;
  const Bytes* witness_code = nullptr;
  bool witness = false;
};
std::optional<Path> path_of(const PsbtMap& input, const TxOut& spent) {
  Path path{spent.script_pubkey};
  if (is_p2sh(path.script)) {
    path.redeem = find(input, psbt_in_redeem_script);
    if (path.redeem == nullptr || p2sh_script(hash160(*path.redeem)) != path.script) {
      return std::nullopt;
    }
    path.script = *path.redeem;
  }
  path.witness = is_p2wpkh(path.script) || is_p2wsh(path.script);
  if (is_p2wsh(path.script)) {
    path.witness_code = find(input, psbt_in_witness_script);
    if (path.witness_code == nullptr || p2wsh_script(sha256(*path.witness_code)) != path.script) {
      return std::nullopt;
    }
    path.script = *path.witness_code;
  }
  return path;
}

struct FinalScripts {
  Bytes script_sig;
  Witness witness;
};

std::optional<FinalScripts> build(const PsbtMap& input, const TxOut& spent) {
  const auto path = path_of(input, spent);
  if (!path) return std::nullopt;
  const auto elements = satisfy(input, classify(path->script));
  if (!elements) return std::nullopt;
  FinalScripts out;
  if (path->witness) {
    out.witness = *elements;
    if (path->witness_code != nullptr) out.witness.push_back(*path->witness_code);
  } else {
    for (const Bytes& element : *elements) push_data(out.script_sig, element);
  }
  if (path->redeem != nullptr) push_data(out.script_sig, *path->redeem);
  return out;
}

bool wants_key(const ScriptForm& form, ByteView key) {
  const Hash160 hash = hash160(key);
  return std::any_of(form.parts.begin(), form.parts.end(), [&](const Bytes& part) {
    return std::equal(part.begin(), part.end(), key.begin(), key.end()) ||
           std::equal(part.begin(), part.end(), hash.data.begin(), hash.data.end());
  });
}

bool is_final(const PsbtMap& input) {
  return find(input, psbt_in_final_script_sig) != nullptr ||
         find(input, psbt_in_final_script_witness) != nullptr;
}

TransactionHashes hashes_of(const Psbt& psbt) {
  std::vector<TxOut> spent;
  for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
    if (const auto output = psbt_spent_output(psbt, i)) spent.push_back(*output);
  }
  return TransactionHashes(psbt.transaction, std::move(spent));
}

/// What stays in a final input: the spent output, and what no rule knows.
bool stays(const Bytes& key) {
  return key[0] == psbt_in_non_witness_utxo || key[0] == psbt_in_witness_utxo ||
         (key[0] >= 0x0e && key[0] <= 0x12) || key[0] > 0x1c;
}

bool finalize_input(Psbt& psbt, std::size_t index, const TransactionHashes& hashes) {
  PsbtMap& input = psbt.inputs[index];
  if (is_final(input)) return true;
  const auto spent = psbt_spent_output(psbt, index);
  if (!spent) return false;
  const auto scripts = build(input, *spent);
  if (!scripts) return false;
  const TransactionChecker checker(psbt.transaction, index, spent->value, hashes);
  if (verify_script(scripts->script_sig, spent->script_pubkey, scripts->witness,
                    standard_script_flags, checker) != ScriptError::ok) {
    return false;
  }
  std::erase_if(input, [](const auto& entry) { return !stays(entry.first); });
  if (!scripts->script_sig.empty()) input[{psbt_in_final_script_sig}] = scripts->script_sig;
  if (!scripts->witness.empty()) {
    Bytes witness;
    write_witness(witness, scripts->witness);
    input[{psbt_in_final_script_witness}] = witness;
  }
  return true;
}

}  // namespace

std::size_t sign_psbt(Psbt& psbt, const PrivateKey& key, std::uint32_t hash_type) {
  const auto public_key = public_key_of(key);
  if (!public_key) return 0;
  const TransactionHashes hashes = hashes_of(psbt);
  Bytes name = {psbt_in_partial_sig};
  put_bytes(name, *public_key);
  std::size_t made = 0;
  for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
    PsbtMap& input = psbt.inputs[i];
    const auto spent = psbt_spent_output(psbt, i);
    if (!spent || is_final(input) || input.contains(name)) continue;
    const Bytes* asked = find(input, psbt_in_sighash);
    if (asked != nullptr && Reader(*asked).u32() != hash_type) continue;
    const auto path = path_of(input, *spent);
    if (!path || !wants_key(classify(path->script), *public_key)) continue;
    // A bare output says nothing about its transaction: enough for witnesses only (BIP 143).
    if (!path->witness && find(input, psbt_in_non_witness_utxo) == nullptr) continue;
    Bytes code = path->script;
    if (is_p2wpkh(code)) code = p2pkh_script(hash160(*public_key));
    const Hash256 digest = path->witness ? witness_v0_sighash(code, psbt.transaction, i, hash_type,
                                                              spent->value, hashes)
                                         : legacy_sighash(code, psbt.transaction, i, hash_type);
    Bytes signature = secp256k1_to_der(*secp256k1_sign_low_r(key.secret, digest));
    put_u8(signature, static_cast<Byte>(hash_type));
    input[name] = signature;
    ++made;
  }
  return made;
}

bool finalize_psbt(Psbt& psbt) {
  const TransactionHashes hashes = hashes_of(psbt);
  bool all = true;
  for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
    if (!finalize_input(psbt, i, hashes)) all = false;
  }
  return all;
}

}  // namespace ledgerlab::bitcoin
