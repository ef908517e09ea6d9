#include "models/parts/utxo/locks.hpp"

#include <algorithm>
#include <stdexcept>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/sighash.hpp"

namespace ledgerlab::utxo {
namespace {

/// 02, the account's address, zeros: as long as a compressed key, and none of anybody's.
Bytes stand_in(const Address& address) {
  Bytes key(33, 0);
  key[0] = 2;
  std::copy(address.data.begin(), address.data.end(), key.begin() + 1);
  return key;
}

/// The suite tells an account's public key only by what it signs.
Bytes public_key(CryptoSuite& suite, AccountIndex index) {
  const Hash256 digest = sha256(as_bytes("ledgerlab public key"));
  const TxSignature signature = suite.sign_transaction(index, digest);
  RecoverableSignature parts;
  std::copy_n(signature.data.begin(), 64, parts.signature.data.begin());
  parts.recovery_id = signature.data[64];
  const auto key = secp256k1_recover(parts, digest);
  const auto sec1 = key ? secp256k1_compress(*key) : std::nullopt;
  if (!sec1) throw std::logic_error("an account's signature names no key");
  return Bytes(sec1->data.begin(), sec1->data.end());
}

void put_integer(Bytes& out, std::span<const Byte> value) {
  while (value.size() > 1 && value[0] == 0) value = value.subspan(1);
  const bool sign = (value[0] & 0x80) != 0;
  out.push_back(2);
  out.push_back(static_cast<Byte>(value.size() + (sign ? 1 : 0)));
  if (sign) out.push_back(0);
  out.insert(out.end(), value.begin(), value.end());
}

/// BIP 66's form of r and s with the hash type behind it.
Bytes der(const TxSignature& signature) {
  Bytes body;
  put_integer(body, std::span(signature.data).subspan(0, 32));
  put_integer(body, std::span(signature.data).subspan(32, 32));
  Bytes out{0x30, static_cast<Byte>(body.size())};
  out.insert(out.end(), body.begin(), body.end());
  out.push_back(bitcoin::sighash_all);
  return out;
}

/// Replaces the arithmetic on the curve by the suite's codes; all else is Bitcoin's.
class CostedChecker final : public bitcoin::TransactionChecker {
 public:
  CostedChecker(CryptoSuite& suite, const bitcoin::Transaction& tx, std::size_t index,
                bitcoin::Satoshi amount, const bitcoin::TransactionHashes& hashes)
      : TransactionChecker(tx, index, amount, hashes), suite_(suite) {}

 protected:
  bool verify_ecdsa(ByteView key, const Hash256& digest, ByteView text) const override {
    const auto given = bitcoin::read_lax_der(text);
    if (!given) return false;
    // The signer's index stands in the first four bytes (parts/suite/costed.cpp).
    AccountIndex index = 0;
    for (std::size_t i = 0; i < 4; ++i) index |= AccountIndex{given->data[i]} << (8 * i);
    const TxSignature expected = suite_.sign_transaction(index, digest);
    return std::equal(given->data.begin(), given->data.end(), expected.data.begin()) &&
           std::ranges::equal(key, stand_in(suite_.account(index)));
  }

 private:
  CryptoSuite& suite_;
};

}  // namespace

const Locks::Lock& Locks::of(AccountIndex index) {
  const auto [lock, made] = locks_.try_emplace(index);
  if (made) {
    lock->key = costed_ ? stand_in(suite_.account(index)) : public_key(suite_, index);
    lock->script = bitcoin::p2wpkh_script(bitcoin::hash160(lock->key));
  }
  return *lock;
}

Hash256 Locks::digest(const bitcoin::Transaction& tx, std::size_t index, bitcoin::Satoshi amount,
                      const bitcoin::TransactionHashes& hashes, AccountIndex owner) {
  const Bytes code = bitcoin::p2pkh_script(bitcoin::hash160(of(owner).key));
  return bitcoin::witness_v0_sighash(code, tx, index, bitcoin::sighash_all, amount, hashes);
}

void Locks::put_witness(bitcoin::Transaction& tx, std::size_t index, AccountIndex owner,
                        const TxSignature& signature) {
  tx.inputs[index].witness = {der(signature), of(owner).key};
}

bool Locks::accepts(const Decoded& transaction, std::span<const bitcoin::Coin> coins,
                    Decoded::Strictness strictness) {
  using Verdict = Decoded::Verdict;
  Verdict& verdict = transaction.verdicts[strictness];
  if (verdict != Verdict::unknown) return verdict == Verdict::accepted;
  std::uint32_t flags = bitcoin::consensus_script_flags;
  if (strictness == Decoded::policy) flags = bitcoin::standard_script_flags;
  if (costed_) flags &= ~std::uint32_t{bitcoin::verify_low_s};  // codes have no order
  std::vector<bitcoin::TxOut> spent;
  for (const bitcoin::Coin& coin : coins) spent.push_back(coin.output);
  const bitcoin::Transaction& tx = transaction.tx;
  const bitcoin::TransactionHashes hashes(tx, std::move(spent));
  bool all = true;
  for (std::size_t i = 0; i < tx.inputs.size() && all; ++i) {
    const bitcoin::TxOut& output = hashes.spent[i];
    const auto run = [&](const bitcoin::SignatureChecker& checker) {
      return bitcoin::verify_script(tx.inputs[i].script_sig, output.script_pubkey,
                                    tx.inputs[i].witness, flags,
                                    checker) == bitcoin::ScriptError::ok;
    };
    all = costed_ ? run(CostedChecker(suite_, tx, i, output.value, hashes))
                  : run(bitcoin::TransactionChecker(tx, i, output.value, hashes));
  }
  verdict = all ? Verdict::accepted : Verdict::refused;
  // What policy takes consensus takes: its flags are a part of the others.
  if (all && strictness == Decoded::policy) transaction.verdicts[Decoded::consensus] = verdict;
  return all;
}

const Bytes& fee_script() {
  static const Bytes script =
      bitcoin::p2wpkh_script(bitcoin::hash160(as_bytes("ledgerlab fee output")));
  return script;
}

}  // namespace ledgerlab::utxo
