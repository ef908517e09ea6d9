#include "models/crypto/musig2.hpp"

#include <algorithm>

namespace ledgerlab::musig2 {
namespace {

using Point = Secp256k1Point;
using Scalar = Secp256k1Scalar;

template <std::size_t N>
void append(Bytes& out, const FixedBytes<N>& bytes) {
  out.insert(out.end(), bytes.data.begin(), bytes.data.end());
}
void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void append_size(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<Byte>(value >> (8 * i)));
}

template <std::size_t N>
FixedBytes<N> piece(ByteView bytes, std::size_t at) {
  FixedBytes<N> out;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), N, out.data.begin());
  return out;
}

FixedBytes<32> masked(const Secp256k1SecretKey& secret, const FixedBytes<32>& random) {
  FixedBytes<32> out = tagged_hash("MuSig/aux", random.view());
  for (std::size_t i = 0; i < 32; ++i) out.data[i] ^= secret.data[i];
  return out;
}

/// GetSecondKey: zeros if all are the same.
PlainKey second_key(std::span<const PlainKey> keys) {
  const auto other = std::find_if(keys.begin(), keys.end(),
                                  [&](const PlainKey& key) { return key != keys.front(); });
  return other == keys.end() ? PlainKey() : *other;
}

Hash256 hash_keys(std::span<const PlainKey> keys) {
  Bytes all;
  for (const PlainKey& key : keys) append(all, key);
  return tagged_hash("KeyAgg list", all);
}

/// KeyAggCoeffInternal.
Scalar coefficient(const Hash256& list, const PlainKey& key, const PlainKey& second) {
  if (key == second) return Scalar(1);
  Bytes bytes;
  append(bytes, list);
  append(bytes, key);
  return Scalar::reduce(tagged_hash("KeyAgg coefficient", bytes));
}

/// The two scalars of a nonce from what is hashed but the last byte.
Nonce nonce_from(std::string_view tag, Bytes bytes, const PlainKey& key) {
  Nonce out;
  for (std::size_t i = 0; i < 2; ++i) {
    bytes.push_back(static_cast<Byte>(i));
    const Scalar k = Scalar::reduce(tagged_hash(tag, bytes));
    bytes.pop_back();
    if (k.is_zero()) throw Fault("a nonce is zero");
    std::ranges::copy(k.bytes().data, out.secret.data.begin() + 32 * i);
    std::ranges::copy((k * Point::generator()).compressed().data, out.open.data.begin() + 33 * i);
  }
  std::ranges::copy(key.data, out.secret.data.begin() + 64);
  return out;
}

/// GetSessionValues.
struct Values {
  KeyAggregate aggregate;
  Scalar b;
  Point R;
  Scalar e;
  /// g * gacc: whether a signer's key is negated.
  Scalar sign() const { return aggregate.key.even_y() ? aggregate.sign : -aggregate.sign; }
};

KeyAggregate tweaked(const Session& session) {
  KeyAggregate out = aggregate_keys(session.keys);
  for (const Tweak& tweak : session.tweaks) out = apply_tweak(out, tweak);
  return out;
}

Values values_of(const Session& session) {
  Values out{tweaked(session), {}, {}, {}};
  Bytes bytes;
  append(bytes, session.nonce);
  append(bytes, out.aggregate.xonly());
  append(bytes, session.message);
  out.b = Scalar::reduce(tagged_hash("MuSig/noncecoef", bytes));
  const auto first = Point::parse_extended(session.nonce.view().first(33));
  const auto second = Point::parse_extended(session.nonce.view().subspan(33));
  if (!first || !second) throw BadContribution(std::nullopt, "aggnonce");
  out.R = *first + out.b * *second;
  if (out.R.infinite()) out.R = Point::generator();
  bytes.clear();
  append(bytes, out.R.x());
  append(bytes, out.aggregate.xonly());
  append(bytes, session.message);
  out.e = Scalar::reduce(tagged_hash("BIP0340/challenge", bytes));
  return out;
}

/// GetSessionKeyAggCoeff.
Scalar session_coefficient(const Session& session, const PlainKey& key) {
  if (std::ranges::find(session.keys, key) == session.keys.end()) {
    throw Fault("the signer's key is not among the keys");
  }
  return coefficient(hash_keys(session.keys), key, second_key(session.keys));
}

/// PartialSigVerifyInternal.
bool verify_one(const PartialSignature& signature, const PublicNonce& nonce, const PlainKey& key,
                const Session& session) {
  const Values v = values_of(session);
  const auto s = Scalar::parse(signature);
  if (!s) return false;
  const auto first = Point::parse(nonce.view().first(33));
  const auto second = Point::parse(nonce.view().subspan(33));
  const auto P = Point::parse(key.view());
  if (!first || !second || !P) return false;
  Point R = *first + v.b * *second;
  if (!v.R.even_y()) R = -R;
  const Scalar a = session_coefficient(session, key);
  return *s * Point::generator() == R + v.e * a * v.sign() * *P;
}

}  // namespace

BadContribution::BadContribution(std::optional<std::size_t> by, std::string kind)
    : Fault("not valid: " + kind + (by ? " of signer " + std::to_string(*by) : "")),
      signer(by),
      contribution(std::move(kind)) {}

std::vector<PlainKey> sort_keys(std::vector<PlainKey> keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

KeyAggregate aggregate_keys(std::span<const PlainKey> keys) {
  if (keys.empty()) throw Fault("no keys");
  const Hash256 list = hash_keys(keys);
  const PlainKey second = second_key(keys);
  KeyAggregate out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto point = Point::parse(keys[i].view());
    if (!point) throw BadContribution(i, "pubkey");
    out.key = out.key + coefficient(list, keys[i], second) * *point;
  }
  if (out.key.infinite()) throw Fault("the aggregate key is infinity");
  return out;
}

KeyAggregate apply_tweak(const KeyAggregate& aggregate, const Tweak& tweak) {
  const auto t = Scalar::parse(tweak.value);
  if (!t) throw Fault("the tweak is not below the group's order");
  const bool negate = tweak.xonly && !aggregate.key.even_y();
  KeyAggregate out;
  out.key = (negate ? -aggregate.key : aggregate.key) + *t * Point::generator();
  if (out.key.infinite()) throw Fault("the tweaked key is infinity");
  out.sign = negate ? -aggregate.sign : aggregate.sign;
  out.tweak = *t + (negate ? -aggregate.tweak : aggregate.tweak);
  return out;
}

Nonce make_nonce(const NonceInput& input) {
  Bytes bytes;
  append(bytes, input.secret ? masked(*input.secret, input.random) : input.random);
  append_size(bytes, input.key.data.size(), 1);
  append(bytes, input.key);
  append_size(bytes, input.aggregate ? 32 : 0, 1);
  if (input.aggregate) append(bytes, *input.aggregate);
  append_size(bytes, input.message ? 1 : 0, 1);
  if (input.message) {
    append_size(bytes, input.message->size(), 8);
    append(bytes, *input.message);
  }
  append_size(bytes, input.extra.size(), 4);
  append(bytes, input.extra);
  return nonce_from("MuSig/nonce", std::move(bytes), input.key);
}

PublicNonce aggregate_nonces(std::span<const PublicNonce> nonces) {
  PublicNonce out;
  for (std::size_t j = 0; j < 2; ++j) {
    Point sum;
    for (std::size_t i = 0; i < nonces.size(); ++i) {
      const auto point = Point::parse(nonces[i].view().subspan(33 * j, 33));
      if (!point) throw BadContribution(i, "pubnonce");
      sum = sum + *point;
    }
    std::ranges::copy(sum.compressed().data, out.data.begin() + 33 * j);
  }
  return out;
}

PartialSignature sign(const SecretNonce& nonce, const Secp256k1SecretKey& secret,
                      const Session& session) {
  const Values v = values_of(session);
  std::array<Scalar, 2> k;
  PublicNonce open;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto parsed = Scalar::parse(piece<32>(nonce.view(), 32 * i));
    if (!parsed || parsed->is_zero()) throw Fault("the secret nonce is not valid: used before?");
    std::ranges::copy((*parsed * Point::generator()).compressed().data, open.data.begin() + 33 * i);
    k[i] = v.R.even_y() ? *parsed : -*parsed;
  }
  const auto d = Scalar::parse(secret);
  if (!d || d->is_zero()) throw Fault("the secret key is not valid");
  const PlainKey key = (*d * Point::generator()).compressed();
  if (key != piece<33>(nonce.view(), 64)) throw Fault("the nonce was made for another key");
  const Scalar a = session_coefficient(session, key);
  const PartialSignature out = (k[0] + v.b * k[1] + v.e * a * v.sign() * *d).bytes();
  if (!verify_one(out, open, key, session)) throw Fault("the partial signature does not verify");
  return out;
}

bool verify_partial(const PartialSignature& signature, std::span<const PublicNonce> nonces,
                    Session session, std::size_t signer) {
  session.nonce = aggregate_nonces(nonces);
  if (signer >= nonces.size() || signer >= session.keys.size()) throw Fault("no such signer");
  return verify_one(signature, nonces[signer], session.keys[signer], session);
}

SchnorrSignature aggregate_signatures(std::span<const PartialSignature> signatures,
                                      const Session& session) {
  const Values v = values_of(session);
  const Scalar& tweak = v.aggregate.tweak;
  Scalar s = v.e * (v.aggregate.key.even_y() ? tweak : -tweak);
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    const auto one = Scalar::parse(signatures[i]);
    if (!one) throw BadContribution(i, "psig");
    s = s + *one;
  }
  SchnorrSignature out;
  std::ranges::copy(v.R.x().data, out.data.begin());
  std::ranges::copy(s.bytes().data, out.data.begin() + 32);
  return out;
}

DeterministicSignature sign_deterministic(const Secp256k1SecretKey& secret, Session session,
                                          const std::optional<FixedBytes<32>>& random) {
  Bytes bytes;
  append(bytes, random ? masked(secret, *random) : secret);
  append(bytes, session.nonce);
  append(bytes, tweaked(session).xonly());
  append_size(bytes, session.message.size(), 8);
  append(bytes, session.message);
  const auto d = Scalar::parse(secret);
  if (!d || d->is_zero()) throw Fault("the secret key is not valid");
  const PlainKey key = (*d * Point::generator()).compressed();
  const Nonce nonce = nonce_from("MuSig/deterministic/nonce", std::move(bytes), key);
  try {
    session.nonce = aggregate_nonces(std::array{nonce.open, session.nonce});
  } catch (const BadContribution&) {
    throw BadContribution(std::nullopt, "aggothernonce");
  }
  return {nonce.open, sign(nonce.secret, secret, session)};
}

}  // namespace ledgerlab::musig2
