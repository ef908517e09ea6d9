// Function names and constants are those of the Ethash specification (ethereum.org, "Ethash").
#include "models/crypto/ethash.hpp"

#include <cryptopp/keccak.h>

#include <map>
#include <mutex>

#include "models/crypto/hash.hpp"

namespace ledgerlab::ethash {
namespace {

constexpr std::uint64_t cache_bytes_initial = 1u << 24;
constexpr std::uint64_t cache_bytes_growth = 1u << 17;
constexpr std::uint64_t dataset_bytes_initial = 1u << 30;
constexpr std::uint64_t dataset_bytes_growth = 1u << 23;
constexpr std::uint64_t hash_bytes = 64;
constexpr std::uint64_t mix_bytes = 128;
constexpr int cache_rounds = 3;
constexpr std::uint32_t dataset_parents = 256;
constexpr std::uint32_t accesses = 64;

bool is_prime(std::uint64_t n) {
  for (std::uint64_t i = 2; i * i <= n; ++i) {
    if (n % i == 0) return false;
  }
  return n > 1;
}

/// The largest size not above `size` with a prime number of units.
std::uint64_t prime_size(std::uint64_t size, std::uint64_t unit) {
  size -= unit;
  while (!is_prime(size / unit)) size -= 2 * unit;
  return size;
}

std::uint32_t fnv(std::uint32_t a, std::uint32_t b) { return (a * 0x01000193u) ^ b; }

void mix_in(Item& into, const Item& from) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = fnv(into[i], from[i]);
}

template <std::size_t N>
void store(const std::array<std::uint32_t, N>& words, Byte* out) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t b = 0; b < 4; ++b) out[4 * i + b] = static_cast<Byte>(words[i] >> (8 * b));
  }
}

Item keccak512(ByteView bytes) {
  thread_local CryptoPP::Keccak_512 keccak;
  std::array<Byte, hash_bytes> digest;
  keccak.CalculateDigest(digest.data(), bytes.data(), bytes.size());
  Item out{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[i / 4] |= std::uint32_t{digest[i]} << (8 * (i % 4));
  }
  return out;
}

Item keccak512(const Item& item) {
  std::array<Byte, hash_bytes> bytes;
  store(item, bytes.data());
  return keccak512(ByteView(bytes));
}

}  // namespace

std::uint64_t cache_size(std::uint64_t epoch) {
  return prime_size(cache_bytes_initial + cache_bytes_growth * epoch, hash_bytes);
}

std::uint64_t dataset_size(std::uint64_t epoch) {
  return prime_size(dataset_bytes_initial + dataset_bytes_growth * epoch, mix_bytes);
}

Hash256 seed_hash(std::uint64_t epoch) {
  Hash256 out;
  for (std::uint64_t i = 0; i < epoch; ++i) out = keccak256(out.view());
  return out;
}

Cache::Cache(std::uint64_t epoch) : epoch_(epoch), items_(cache_size(epoch) / hash_bytes) {
  const std::size_t n = items_.size();
  items_[0] = keccak512(seed_hash(epoch).view());
  for (std::size_t i = 1; i < n; ++i) items_[i] = keccak512(items_[i - 1]);
  for (int round = 0; round < cache_rounds; ++round) {  // RandMemoHash
    for (std::size_t i = 0; i < n; ++i) {
      Item both = items_[(i + n - 1) % n];
      const Item& other = items_[items_[i][0] % n];
      for (std::size_t w = 0; w < both.size(); ++w) both[w] ^= other[w];
      items_[i] = keccak512(both);
    }
  }
}

Item Cache::dataset_item(std::uint32_t index) const {
  const auto n = static_cast<std::uint32_t>(items_.size());
  Item mix = items_[index % n];
  mix[0] ^= index;
  mix = keccak512(mix);
  for (std::uint32_t j = 0; j < dataset_parents; ++j) {
    mix_in(mix, items_[fnv(index ^ j, mix[j % mix.size()]) % n]);
  }
  return keccak512(mix);
}

std::shared_ptr<const Cache> shared_cache(std::uint64_t epoch) {
  static std::mutex mutex;
  static std::map<std::uint64_t, std::weak_ptr<const Cache>> caches;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const Cache>& known = caches[epoch];
  auto out = known.lock();
  if (!out) known = out = std::make_shared<const Cache>(epoch);
  return out;
}

Work hashimoto(const Cache& cache, const Hash256& header, const FixedBytes<8>& nonce) {
  const auto pages = static_cast<std::uint32_t>(dataset_size(cache.epoch()) / mix_bytes);
  std::array<Byte, 40> start;
  std::copy(header.data.begin(), header.data.end(), start.begin());
  std::copy(nonce.data.rbegin(), nonce.data.rend(), start.begin() + 32);  // little endian
  const Item s = keccak512(ByteView(start));
  std::array<Item, 2> mix = {s, s};
  for (std::uint32_t i = 0; i < accesses; ++i) {
    const std::uint32_t at = i % 32;
    const std::uint32_t page = fnv(i ^ s[0], mix[at / 16][at % 16]) % pages;
    for (std::uint32_t half = 0; half < 2; ++half) {
      mix_in(mix[half], cache.dataset_item(2 * page + half));
    }
  }
  std::array<std::uint32_t, 8> compressed{};
  for (std::size_t i = 0; i < compressed.size(); ++i) {
    const Item& from = mix[i / 4];
    const std::size_t at = 4 * (i % 4);
    compressed[i] = fnv(fnv(fnv(from[at], from[at + 1]), from[at + 2]), from[at + 3]);
  }
  Work out;
  store(compressed, out.mix.data.data());
  std::array<Byte, 96> end;
  store(s, end.data());
  std::copy(out.mix.data.begin(), out.mix.data.end(), end.begin() + 64);
  out.result = keccak256(end);
  return out;
}

bool verify(const Cache& cache, const Hash256& header, const FixedBytes<8>& nonce,
            const Hash256& mix, const U256& difficulty) {
  if (difficulty.is_zero()) return false;
  const Work work = hashimoto(cache, header, nonce);
  if (work.mix != mix) return false;
  // result <= 2^256 / difficulty, with 2^256 - 1 in its place: only where the difficulty divides
  // 2^256 is the quotient one less.
  const U256Division bound = divide(U256::max(), difficulty);
  const bool exact = bound.remainder + U256(1) == difficulty;
  const U256 result = u256_from(work.result);
  return result <= bound.quotient || (exact && result == bound.quotient + U256(1)) ||
         difficulty == U256(1);
}

}  // namespace ledgerlab::ethash
