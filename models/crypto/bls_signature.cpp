// Both variants are one template over the group of the keys and that of the signatures.
#include "models/crypto/bls_signature.hpp"

#include <algorithm>
#include <vector>

#include "models/crypto/bls12_381.hpp"

namespace ledgerlab::bls {
namespace {

namespace curve = bls12_381;
using curve::G1;
using curve::G2;
using Pairs = std::vector<std::pair<G1, G2>>;

struct MinPk {
  using Key = G1;
  using Signature = G2;
  static const G1& generator() { return curve::generator1(); }
  static auto decode_key(ByteView bytes) {
    return bytes.size() == 48 ? curve::decode_g1(bytes) : std::nullopt;
  }
  static auto decode_signature(ByteView bytes) {
    return bytes.size() == 96 ? curve::decode_g2(bytes) : std::nullopt;
  }
  static G2 hash(ByteView message, ByteView tag) { return curve::hash_to_g2(message, tag); }
  static std::pair<G1, G2> pair(const G1& key, const G2& hash) { return {key, hash}; }
};

struct MinSig {
  using Key = G2;
  using Signature = G1;
  static const G2& generator() { return curve::generator2(); }
  static auto decode_key(ByteView bytes) {
    return bytes.size() == 96 ? curve::decode_g2(bytes) : std::nullopt;
  }
  static auto decode_signature(ByteView bytes) {
    return bytes.size() == 48 ? curve::decode_g1(bytes) : std::nullopt;
  }
  static G1 hash(ByteView message, ByteView tag) { return curve::hash_to_g1(message, tag); }
  static std::pair<G1, G2> pair(const G2& key, const G1& hash) { return {hash, key}; }
};

/// Calls `body` with the variant's groups.
template <class Body>
auto with(const Scheme& scheme, Body body) {
  return scheme.variant == Variant::min_pk ? body(MinPk{}) : body(MinSig{});
}

template <class P>
Bytes bytes_of(const P& point) {
  const auto encoded = curve::compress(point);
  return Bytes(encoded.data.begin(), encoded.data.end());
}

bool in_range(const SecretKey& secret) { return !secret.is_zero() && secret < curve::order(); }

template <class V>
std::optional<typename V::Key> valid_key(ByteView bytes) {
  const auto key = V::decode_key(bytes);
  if (!key || key->is_infinity() || !curve::in_subgroup(*key)) return std::nullopt;
  return key;
}

/// CoreAggregateVerify (section 2.9): the pairs of keys and hashes against the signature.
template <class V>
bool check(Pairs pairs, ByteView signature) {
  const auto point = V::decode_signature(signature);
  if (!point || !curve::in_subgroup(*point)) return false;
  pairs.push_back(V::pair(-V::generator(), *point));
  return curve::pairing_product_is_one(pairs);
}

}  // namespace

std::optional<Bytes> public_key(const Scheme& scheme, const SecretKey& secret) {
  if (!in_range(secret)) return std::nullopt;
  return with(scheme, [&](auto v) { return bytes_of(v.generator().times(secret.view())); });
}

std::optional<Bytes> sign(const Scheme& scheme, const SecretKey& secret, ByteView message) {
  if (!in_range(secret)) return std::nullopt;
  return with(scheme, [&](auto v) {
    return bytes_of(v.hash(message, as_bytes(scheme.tag)).times(secret.view()));
  });
}

bool is_public_key(const Scheme& scheme, ByteView key) {
  return with(scheme, [&](auto v) { return valid_key<decltype(v)>(key).has_value(); });
}

bool verify(const Scheme& scheme, ByteView key, ByteView message, ByteView signature) {
  const Bytes key_bytes(key.begin(), key.end());
  const Bytes message_bytes(message.begin(), message.end());
  return aggregate_verify(scheme, {&key_bytes, 1}, {&message_bytes, 1}, signature);
}

std::optional<Bytes> aggregate(const Scheme& scheme, std::span<const Bytes> signatures) {
  if (signatures.empty()) return std::nullopt;
  return with(scheme, [&](auto v) -> std::optional<Bytes> {
    typename decltype(v)::Signature sum;
    for (const Bytes& signature : signatures) {
      const auto point = v.decode_signature(signature);
      if (!point) return std::nullopt;
      sum = sum + *point;
    }
    return bytes_of(sum);
  });
}

bool aggregate_verify(const Scheme& scheme, std::span<const Bytes> keys,
                      std::span<const Bytes> messages, ByteView signature) {
  if (keys.empty() || keys.size() != messages.size()) return false;
  return with(scheme, [&](auto v) {
    Pairs pairs;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto key = valid_key<decltype(v)>(keys[i]);
      if (!key) return false;
      pairs.push_back(v.pair(*key, v.hash(messages[i], as_bytes(scheme.tag))));
    }
    return check<decltype(v)>(std::move(pairs), signature);
  });
}

bool all_differ(std::span<const Bytes> messages) {
  std::vector<Bytes> sorted(messages.begin(), messages.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

bool fast_aggregate_verify(const Scheme& scheme, std::span<const Bytes> keys, ByteView message,
                           ByteView signature) {
  if (keys.empty()) return false;
  return with(scheme, [&](auto v) {
    typename decltype(v)::Key sum;
    for (const Bytes& bytes : keys) {
      const auto key = valid_key<decltype(v)>(bytes);
      if (!key) return false;
      sum = sum + *key;
    }
    return check<decltype(v)>({v.pair(sum, v.hash(message, as_bytes(scheme.tag)))}, signature);
  });
}

}  // namespace ledgerlab::bls
