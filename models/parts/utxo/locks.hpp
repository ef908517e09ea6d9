// The keys of a world's accounts as Bitcoin's scripts see them, signing, and the check of scripts
// under a world's suite. With real cryptography these are true public keys and ECDSA signatures by
// libsecp256k1; costed, a key is a stand-in of the same size made from the account's address, and a
// signature holds the suite's code in DER.
#pragma once

#include <string>

#include "models/api/crypto.hpp"
#include "models/base/lookup.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/utxo/envelope.hpp"

namespace ledgerlab::utxo {

class Locks {
 public:
  explicit Locks(CryptoSuite& suite) : suite_(suite), costed_(suite.mode() == "costed") {}

  struct Lock {
    Bytes key;     // SEC 1, 33 bytes
    Bytes script;  // P2WPKH (BIP 141)
  };
  /// Of an account; made once.
  const Lock& of(AccountIndex index);

  /// Gives input `index`, which spends an account's P2WPKH coin, its witness (BIP 143).
  template <class Signer>
  void sign(bitcoin::Transaction& tx, std::size_t index, bitcoin::Satoshi amount,
            const bitcoin::TransactionHashes& hashes, AccountIndex owner, Signer&& signer) {
    const TxSignature signature = signer(owner, digest(tx, index, amount, hashes, owner));
    put_witness(tx, index, owner, signature);
  }

  /// Do all scripts accept? `coins` in the order of the inputs; the verdict stays with the object.
  bool accepts(const Decoded& transaction, std::span<const bitcoin::Coin> coins,
               Decoded::Strictness strictness);

 private:
  Hash256 digest(const bitcoin::Transaction& tx, std::size_t index, bitcoin::Satoshi amount,
                 const bitcoin::TransactionHashes& hashes, AccountIndex owner);
  void put_witness(bitcoin::Transaction& tx, std::size_t index, AccountIndex owner,
                   const TxSignature& signature);

  CryptoSuite& suite_;
  bool costed_;
  Lookup<AccountIndex, Lock> locks_;
};

/// Where a block's fees go: nobody's key (its hash is of a text), so the supply stays what it is.
const Bytes& fee_script();

}  // namespace ledgerlab::utxo
