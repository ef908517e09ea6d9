// Addresses and private keys as text on each network, the standard forms of output scripts, and
// what Bitcoin Core's decodescript says of a script.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/crypto/hash.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/bitcoin/transaction.hpp"

namespace ledgerlab::bitcoin {

struct Network {
  std::string_view name;
  Byte key_hash;            // Base58 version of P2PKH
  Byte script_hash;         // of P2SH
  Byte secret;              // of private keys (WIF)
  std::string_view prefix;  // Bech32
};
/// "main", "test", "testnet4", "signet", "regtest"; null for another name.
const Network* find_network(std::string_view name);

Hash160 hash160(ByteView bytes);

enum class ScriptType : std::uint8_t {
  nonstandard,
  pubkey,
  pubkeyhash,
  scripthash,
  multisig,
  nulldata,
  anchor,
  witness_v0_keyhash,
  witness_v0_scripthash,
  witness_v1_taproot,
  witness_unknown
};
std::string_view script_type_name(ScriptType type);

/// What an output script is, by its exact form.
struct ScriptForm {
  ScriptType type = ScriptType::nonstandard;
  std::vector<Bytes> parts;  // keys, hashes, programs, by type
  int required = 0;          // multisig: of parts.size() keys; witness_unknown: the version
};
ScriptForm classify(ByteView script);

Bytes p2pk_script(ByteView key);
Bytes p2pkh_script(const Hash160& key_hash);
Bytes p2sh_script(const Hash160& script_hash);
Bytes witness_script(int version, ByteView program);
inline Bytes p2wpkh_script(const Hash160& hash) { return witness_script(0, hash.view()); }
inline Bytes p2wsh_script(const Hash256& hash) { return witness_script(0, hash.view()); }
inline Bytes p2tr_script(const Hash256& output_key) { return witness_script(1, output_key.view()); }
/// Nothing unless 1 <= required <= keys <= 20.
std::optional<Bytes> multisig_script(int required, const std::vector<Bytes>& keys);
Bytes nulldata_script(const std::vector<Bytes>& data);

/// Nothing for forms without an address.
std::optional<std::string> address_of_script(ByteView script, const Network& network);
std::optional<Bytes> script_of_address(std::string_view address, const Network& network);

struct PrivateKey {
  Secp256k1SecretKey secret;
  bool compressed = true;
};
std::string encode_wif(const PrivateKey& key, const Network& network);
/// Nothing also for a number that is no key.
std::optional<PrivateKey> decode_wif(std::string_view text, const Network& network);
/// SEC 1, as the key says.
std::optional<Bytes> public_key_of(const PrivateKey& key);

/// The eight characters behind '#' of an output descriptor (BIP 380).
std::optional<std::string> descriptor_checksum(std::string_view descriptor);
/// A descriptor with checksum for a script of which nothing else is known.
std::string describe_script(ByteView script, const Network& network);
/// The same for the P2WSH output of a script that is known.
std::string describe_p2wsh(ByteView inner, const Network& network);

}  // namespace ledgerlab::bitcoin
