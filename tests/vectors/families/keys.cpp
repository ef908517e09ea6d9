// ethereum/tests: key files, contract ABI, and the cipher of the old peer-to-peer handshake.
#include <algorithm>

#include "models/crypto/cipher.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/hkdf.hpp"
#include "models/crypto/keystore.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/contract/abi.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

/// Opened with its password, refused with another one, and sealed again to what opens.
std::string judge_keystore(const Json& test) {
  const std::string file = test.at("json").dump(), password = test.at("password");
  const auto opened = keystore_decrypt(file, password);
  if (opened.verdict != KeystoreVerdict::ok) return "not opened: " + opened.what;
  const std::string why = differs(to_hex(opened.secret), test.at("priv").get<std::string>());
  if (!why.empty()) return why;
  if (keystore_decrypt(file, password + "x").verdict != KeystoreVerdict::wrong_password) {
    return "another password is not told from the right one";
  }
  KeystoreMaking making;
  making.scrypt = {1 << 10, 8, 1};
  const auto again = keystore_decrypt(keystore_encrypt(opened.secret, password, making), password);
  return again.secret == opened.secret ? "" : "sealed to something else";
}

/// A number, 0x and digits, or the text of a byte string.
contract::AbiValue abi_value(const contract::AbiType& type, const Json& argument) {
  contract::AbiValue out;
  out.type = type;
  if (type.kind == contract::AbiKind::array) {
    for (const Json& item : argument) out.items.push_back(abi_value(type.item(), item));
    return out;
  }
  if (argument.is_boolean()) {
    out.number = U256(argument.get<bool>() ? 1 : 0);
  } else if (argument.is_number_unsigned()) {
    out.number = U256(argument.get<std::uint64_t>());
  } else {
    const std::string text = argument;
    const Bytes bytes = text.starts_with("0x") ? unhex(text) : Bytes(text.begin(), text.end());
    if (type.dynamic()) {
      out.bytes = bytes;
    } else if (type.kind == contract::AbiKind::word) {
      out.number = u256_from_big_endian(bytes).value() << (256 - 8 * bytes.size());
    } else if (text.starts_with("0x")) {
      out.number = u256_from_big_endian(bytes).value();
    } else if (type.kind == contract::AbiKind::address) {
      out.number = u256_from_big_endian(unhex(text)).value();
    } else {
      out.number = u256_from_text(text).value();
    }
  }
  return out;
}

std::string judge_abi(const Json& test) {
  std::string list;
  for (const std::string type : test.at("types")) list += (list.empty() ? "" : ",") + type;
  const auto types = contract::parse_types(list);
  if (!types) return "types not understood: " + list;
  const Json& arguments = test.at("args");
  if (arguments.size() != types->size()) return "not as many arguments as types";
  std::vector<contract::AbiValue> values;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    values.push_back(abi_value((*types)[i], arguments[i]));
  }
  const Bytes encoded = contract::abi_encode(values);
  const std::string why = differs(to_hex(encoded), test.at("result").get<std::string>());
  if (!why.empty()) return why;
  const auto decoded = contract::abi_decode(*types, encoded);
  return decoded && contract::abi_encode(*decoded) == encoded ? "" : "not decoded to the same";
}

/// ECIES of the RLPx handshake (devp2p, rlpx.md): R, counter, AES-128-CTR text, HMAC-SHA-256 of
/// counter and text. The keys are the concatenation KDF (NIST SP 800-56A) of the shared x.
std::optional<Bytes> ecies_open(const Secp256k1SecretKey& secret, ByteView sealed) {
  constexpr std::size_t point = 65, counter = 16, tag = 32;
  if (sealed.size() < point + counter + tag) return std::nullopt;
  const auto peer = secp256k1_parse(sealed.first(point));
  const auto shared = peer ? secp256k1_multiply(*peer, secret) : std::nullopt;
  if (!shared) return std::nullopt;
  Bytes seed = {0, 0, 0, 1};
  seed.insert(seed.end(), shared->data.begin(), shared->data.begin() + 32);
  const Hash256 keys = sha256(seed);
  const ByteView text = sealed.subspan(point, sealed.size() - point - tag);
  const Hash256 mac_key = sha256(keys.view().last(16));
  const Hash256 mac = hmac_sha256(mac_key.view(), text);
  if (!std::equal(mac.data.begin(), mac.data.end(), sealed.last(tag).begin())) return std::nullopt;
  AesBlock first;
  std::copy_n(text.begin(), counter, first.data.begin());
  return aes_ctr(keys.view().first(16), first, text.subspan(counter));
}

/// AES-256 in counter mode from zero and ECIES, as the RLPx handshake had them.
std::string judge_crypto(const Json& test) {
  const std::string kind = test.at("decryption_type");
  const Bytes cipher = unhex(test, "cipher");
  std::optional<Bytes> plain;
  if (kind == "aes_ctr") {
    plain = aes_ctr(unhex(test, "key"), {}, cipher);
  } else if (kind == "ecies_sec1_altered") {
    plain = ecies_open(unhex_fixed<32>(test.at("key").get<std::string>()), cipher);
    Bytes changed = cipher;
    changed[changed.size() / 2] ^= 1;
    if (ecies_open(unhex_fixed<32>(test.at("key").get<std::string>()), changed)) {
      return "a changed text is opened";
    }
  } else {
    return "no such decryption_type: " + kind;
  }
  return plain ? differs(to_hex(*plain), test.at("payload").get<std::string>()) : "not opened";
}

template <std::string (*judge_one)(const Json&)>
void run_each(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const auto& [name, test] : tests.items()) {
    judge(run, report, name, [&] { return judge_one(test); });
  }
}

constexpr Family families[] = {
    {"eth-tests/KeyStoreTests/*", run_each<judge_keystore>, ""},
    {"eth-tests/ABITests/*", run_each<judge_abi>, ""},
    {"eth-tests/BasicTests/crypto.json", run_each<judge_crypto>, ""},
};

}  // namespace

std::span<const Family> key_families() { return families; }

}  // namespace ledgerlab::vectors
