// A block of 2,000 inputs with real signatures, connected, against a bare loop of the same
// signature checks: what the rules around the curve cost. Two kinds of input: P2WPKH (ECDSA) and
// taproot key path (Schnorr).
#include <benchmark/benchmark.h>

#include <stdexcept>

#include "models/crypto/hash.hpp"
#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/coins.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::size_t inputs_per_block = 2'000;
constexpr std::size_t inputs_per_transaction = 2;
constexpr Satoshi value = 100'000;

enum class Kind : std::uint8_t { p2wpkh, taproot };

/// One signature as the bare loop checks it.
struct Signed {
  Bytes key;
  Hash256 digest;
  Bytes signature;
};

struct World {
  MemoryCoins coins;
  Block block;
  std::vector<Signed> signatures;
  BlockPlace place{500, [](std::uint32_t height) { return std::int64_t{height} * 600; }, true};
};

Secp256k1SecretKey secret_of(std::size_t index) {
  Bytes seed = {1};
  put_u64(seed, index);
  return sha256(seed);
}

Bytes script_of(Kind kind, const Secp256k1SecretKey& secret) {
  if (kind == Kind::taproot) return p2tr_script(*xonly_public_key(secret));
  return p2wpkh_script(hash160(*public_key_of({secret, true})));
}

/// Fills the input's witness and gives what a bare check needs.
Signed sign(Kind kind, Transaction& tx, std::size_t index, const Secp256k1SecretKey& secret,
            const TransactionHashes& hashes) {
  Signed out;
  if (kind == Kind::taproot) {
    out.digest = *taproot_sighash({}, tx, index, sighash_default, SigVersion::taproot, hashes);
    out.key = to_bytes(xonly_public_key(secret)->view());
    out.signature = to_bytes(schnorr_sign(secret, out.digest.view(), {})->view());
    tx.inputs[index].witness = {out.signature};
    return out;
  }
  out.key = *public_key_of({secret, true});
  out.digest =
      witness_v0_sighash(p2pkh_script(hash160(out.key)), tx, index, sighash_all, value, hashes);
  out.signature = secp256k1_to_der(*secp256k1_sign(secret, out.digest));
  Bytes with_type = out.signature;
  with_type.push_back(sighash_all);
  tx.inputs[index].witness = {with_type, out.key};
  return out;
}

World make_world(Kind kind) {
  World world;
  CoinChanges coins;
  Transaction coinbase;
  coinbase.inputs.resize(1);
  push_number(coinbase.inputs[0].script_sig, world.place.height);
  coinbase.outputs = {{coin, {op_1}}};
  world.block.transactions = {coinbase};
  for (std::size_t first = 0; first < inputs_per_block; first += inputs_per_transaction) {
    Transaction tx;
    std::vector<TxOut> spent;
    for (std::size_t i = first; i < first + inputs_per_transaction; ++i) {
      TxIn input;
      input.prevout = {secret_of(i), 0};
      tx.inputs.push_back(input);
      spent.push_back({value, script_of(kind, secret_of(i))});
      coins[input.prevout] = Coin{spent.back(), 1, false};
    }
    tx.outputs = {{value, script_of(kind, secret_of(first))}, {value / 2, {op_1}}};
    const TransactionHashes hashes(tx, spent);
    for (std::size_t i = 0; i < inputs_per_transaction; ++i) {
      world.signatures.push_back(sign(kind, tx, i, secret_of(first + i), hashes));
    }
    world.block.transactions.push_back(tx);
  }
  world.coins.apply(coins);
  commit(world.block, true);
  return world;
}

const World& world_of(Kind kind) {
  static const World worlds[] = {make_world(Kind::p2wpkh), make_world(Kind::taproot)};
  return worlds[static_cast<std::size_t>(kind)];
}

template <Kind kind>
void connect(benchmark::State& state) {
  const World& world = world_of(kind);
  for (auto _ : state) {
    CoinsOverlay overlay(world.coins);
    const ConnectResult result = connect_block(world.block, ChainRules(), world.place, overlay);
    if (!result.ok()) throw std::runtime_error(result.fault);
    benchmark::DoNotOptimize(overlay.changes().size());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * inputs_per_block));
}

template <Kind kind>
void bare(benchmark::State& state) {
  const World& world = world_of(kind);
  for (auto _ : state) {
    for (const Signed& one : world.signatures) {
      bool good = false;
      if (kind == Kind::taproot) {
        XOnlyPublicKey key;
        SchnorrSignature signature;
        std::copy_n(one.key.begin(), 32, key.data.begin());
        std::copy_n(one.signature.begin(), 64, signature.data.begin());
        good = schnorr_verify(key, one.digest.view(), signature);
      } else {
        good = secp256k1_verify_sec1(one.key, one.digest, *read_lax_der(one.signature));
      }
      if (!good) throw std::runtime_error("a signature does not verify");
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * inputs_per_block));
}

BENCHMARK(connect<Kind::p2wpkh>)->Name("utxo/p2wpkh/connect")->Unit(benchmark::kMillisecond);
BENCHMARK(bare<Kind::p2wpkh>)->Name("utxo/p2wpkh/bare")->Unit(benchmark::kMillisecond);
BENCHMARK(connect<Kind::taproot>)->Name("utxo/taproot/connect")->Unit(benchmark::kMillisecond);
BENCHMARK(bare<Kind::taproot>)->Name("utxo/taproot/bare")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ledgerlab::bitcoin

BENCHMARK_MAIN();
