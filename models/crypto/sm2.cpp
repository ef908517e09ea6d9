// Sections are those of GB/T 32918.
#include "models/crypto/sm2.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

namespace ledgerlab::sm2 {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Context = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;
using Big = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Point = std::unique_ptr<EC_POINT, Free<EC_POINT_free>>;
using Group = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;

void check(bool done) {
  if (!done) throw std::runtime_error("OpenSSL: arithmetic of SM2 failed");
}

Big big(ByteView bytes) {
  return Big(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}
Big big(const Number& number) { return big(number.view()); }
Big zero() { return Big(BN_new()); }

Number bytes_of(const BIGNUM* number) {
  Number out;
  check(BN_bn2binpad(number, out.data.data(), 32) == 32);
  return out;
}

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// .4, 5.4.3: hashes over the secret and a counter.
Bytes key_stream(Digest digest, ByteView secret, std::size_t size) {
  Bytes out;
  for (std::uint32_t counter = 1; out.size() < size; ++counter) {
    const Byte number[] = {static_cast<Byte>(counter >> 24), static_cast<Byte>(counter >> 16),
                           static_cast<Byte>(counter >> 8), static_cast<Byte>(counter)};
    const Hash256 block = hash(digest, joined({secret, number}));
    out.insert(out.end(), block.data.begin(), block.data.end());
  }
  out.resize(size);
  return out;
}

// --- DER of a ciphertext ------------------------------------------------------------------------

void append_item(Bytes& out, Byte tag, ByteView content) {
  out.push_back(tag);
  Bytes length;
  for (std::size_t rest = content.size(); rest > 0; rest >>= 8) {
    length.insert(length.begin(), static_cast<Byte>(rest));
  }
  if (content.size() < 128) {
    out.push_back(static_cast<Byte>(content.size()));
  } else {
    out.push_back(static_cast<Byte>(0x80 | length.size()));
    out.insert(out.end(), length.begin(), length.end());
  }
  out.insert(out.end(), content.begin(), content.end());
}

void append_integer(Bytes& out, const Number& number) {
  const auto first =
      std::find_if(number.data.begin(), number.data.end() - 1, [](Byte b) { return b != 0; });
  Bytes content(first, number.data.end());
  if ((content[0] & 0x80) != 0) content.insert(content.begin(), 0);
  append_item(out, 0x02, content);
}

/// The content of the next item if it has this tag; `in` moves behind it.
std::optional<ByteView> take_item(ByteView& in, Byte tag) {
  if (in.size() < 2 || in[0] != tag) return std::nullopt;
  std::size_t length = in[1], at = 2;
  if ((length & 0x80) != 0) {
    const std::size_t bytes = length & 0x7f;
    if (bytes == 0 || bytes > 4 || in.size() < 2 + bytes || in[2] == 0) return std::nullopt;
    length = 0;
    for (; at < 2 + bytes; ++at) length = length << 8 | in[at];
    if (length < 128) return std::nullopt;
  }
  if (in.size() - at < length) return std::nullopt;
  const ByteView content = in.subspan(at, length);
  in = in.subspan(at + length);
  return content;
}

std::optional<Number> take_integer(ByteView& in) {
  auto content = take_item(in, 0x02);
  if (!content || content->empty()) return std::nullopt;
  const bool padded = (*content)[0] == 0 && content->size() > 1;
  if (padded && ((*content)[1] & 0x80) == 0) return std::nullopt;   // not the shortest form
  if (!padded && ((*content)[0] & 0x80) != 0) return std::nullopt;  // negative
  if (padded) content = content->subspan(1);
  if (content->size() > 32) return std::nullopt;
  Number out;
  std::copy(content->begin(), content->end(),
            out.data.end() - static_cast<std::ptrdiff_t>(content->size()));
  return out;
}

}  // namespace

Parameters standard_parameters() {
  const auto number = [](std::string_view hex) { return *fixed_from_hex<32>(hex); };
  return {number("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"),
          number("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"),
          number("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"),
          number("32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"),
          number("bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"),
          number("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123")};
}

Hash256 hash(Digest digest, ByteView bytes) {
  Hash256 out;
  check(EVP_Digest(bytes.data(), bytes.size(), out.data.data(), nullptr,
                   digest == Digest::sm3 ? EVP_sm3() : EVP_sha256(), nullptr) == 1);
  return out;
}

struct Curve::Inside {
  Parameters parameters;
  Group group;
  Big order;

  /// From 1 to order - 1.
  bool in_range(const BIGNUM* number) const {
    return !BN_is_zero(number) && BN_cmp(number, order.get()) < 0;
  }
  PublicKey coordinates(const EC_POINT* point, BN_CTX* context) const {
    const Big x = zero(), y = zero();
    check(EC_POINT_get_affine_coordinates(group.get(), point, x.get(), y.get(), context) == 1);
    return {bytes_of(x.get()), bytes_of(y.get())};
  }
  /// Null if it is not on the curve.
  Point point(const PublicKey& key, BN_CTX* context) const {
    Point out(EC_POINT_new(group.get()));
    const Big x = big(key.x), y = big(key.y);
    if (EC_POINT_set_affine_coordinates(group.get(), out.get(), x.get(), y.get(), context) != 1) {
      return nullptr;
    }
    return out;
  }
  /// base * G + times * point; nothing at infinity. Either part may be null.
  std::optional<PublicKey> sum(const BIGNUM* base, const EC_POINT* point, const BIGNUM* times,
                               BN_CTX* context) const {
    const Point out(EC_POINT_new(group.get()));
    check(EC_POINT_mul(group.get(), out.get(), base, point, times, context) == 1);
    if (EC_POINT_is_at_infinity(group.get(), out.get()) == 1) return std::nullopt;
    return coordinates(out.get(), context);
  }
};

Curve::Curve(const Parameters& parameters) {
  const Context context(BN_CTX_new());
  const Big p = big(parameters.p), a = big(parameters.a), b = big(parameters.b);
  auto inside = std::make_shared<Inside>();
  inside->parameters = parameters;
  inside->order = big(parameters.order);
  inside->group.reset(EC_GROUP_new_curve_GFp(p.get(), a.get(), b.get(), context.get()));
  if (!inside->group) throw std::invalid_argument("SM2: these parameters are no curve");
  const Point generator = inside->point({parameters.gx, parameters.gy}, context.get());
  if (!generator || EC_GROUP_set_generator(inside->group.get(), generator.get(),
                                           inside->order.get(), BN_value_one()) != 1) {
    throw std::invalid_argument("SM2: the generator is not on the curve");
  }
  inside_ = std::move(inside);
}

std::optional<PublicKey> Curve::public_key(const Number& secret) const {
  const Context context(BN_CTX_new());
  const Big d = big(secret), next = big(secret);
  check(BN_add_word(next.get(), 1) == 1);
  if (!inside_->in_range(d.get()) || !inside_->in_range(next.get())) return std::nullopt;
  return inside_->sum(d.get(), nullptr, nullptr, context.get());
}

Hash256 Curve::message_digest(Digest digest, std::string_view identity, const PublicKey& key,
                              ByteView message) const {
  if (identity.size() > 0x1fff) throw std::invalid_argument("SM2: the identity is too long");
  const std::size_t bits = 8 * identity.size();
  const Byte length[] = {static_cast<Byte>(bits >> 8), static_cast<Byte>(bits)};
  const Parameters& of = inside_->parameters;
  const Hash256 signer =
      hash(digest, joined({length, as_bytes(identity), of.a.view(), of.b.view(), of.gx.view(),
                           of.gy.view(), key.x.view(), key.y.view()}));
  return hash(digest, joined({signer.view(), message}));
}

std::optional<Signature> Curve::sign(const Number& secret, const Hash256& message_digest,
                                     const Number& nonce) const {
  const Context context(BN_CTX_new());
  const BIGNUM* n = inside_->order.get();
  const Big d = big(secret), k = big(nonce), e = big(message_digest), r = zero(), s = zero(),
            inverse = zero();
  if (!public_key(secret) || !inside_->in_range(k.get())) return std::nullopt;
  const auto point = inside_->sum(k.get(), nullptr, nullptr, context.get());
  const Big x = big(point->x);
  check(BN_mod_add(r.get(), e.get(), x.get(), n, context.get()) == 1 &&
        BN_add(s.get(), r.get(), k.get()) == 1);
  if (BN_is_zero(r.get()) || BN_cmp(s.get(), n) == 0) return std::nullopt;
  // s = (k - r d) / (1 + d)
  check(BN_mod_mul(s.get(), r.get(), d.get(), n, context.get()) == 1 &&
        BN_mod_sub(s.get(), k.get(), s.get(), n, context.get()) == 1 &&
        BN_add(inverse.get(), d.get(), BN_value_one()) == 1 &&
        BN_mod_inverse(inverse.get(), inverse.get(), n, context.get()) != nullptr &&
        BN_mod_mul(s.get(), s.get(), inverse.get(), n, context.get()) == 1);
  if (BN_is_zero(s.get())) return std::nullopt;
  return Signature{bytes_of(r.get()), bytes_of(s.get())};
}

bool Curve::verify(const PublicKey& key, const Hash256& message_digest,
                   const Signature& signature) const {
  const Context context(BN_CTX_new());
  const BIGNUM* n = inside_->order.get();
  const Big r = big(signature.r), s = big(signature.s), e = big(message_digest), t = zero();
  const Point p = inside_->point(key, context.get());
  if (!p || !inside_->in_range(r.get()) || !inside_->in_range(s.get())) return false;
  check(BN_mod_add(t.get(), r.get(), s.get(), n, context.get()) == 1);
  if (BN_is_zero(t.get())) return false;
  const auto point = inside_->sum(s.get(), p.get(), t.get(), context.get());
  if (!point) return false;
  const Big x = big(point->x);
  check(BN_mod_add(t.get(), e.get(), x.get(), n, context.get()) == 1);
  return BN_cmp(t.get(), r.get()) == 0;
}

std::optional<Bytes> Curve::encrypt(Digest digest, const PublicKey& key, ByteView plain,
                                    const Number& nonce) const {
  const Context context(BN_CTX_new());
  const Big k = big(nonce);
  const Point p = inside_->point(key, context.get());
  if (!p || !inside_->in_range(k.get())) return std::nullopt;
  const auto first = inside_->sum(k.get(), nullptr, nullptr, context.get());
  const auto shared = inside_->sum(nullptr, p.get(), k.get(), context.get());
  if (!first || !shared) return std::nullopt;
  Bytes text = key_stream(digest, joined({shared->x.view(), shared->y.view()}), plain.size());
  if (std::all_of(text.begin(), text.end(), [](Byte b) { return b == 0; })) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= plain[i];
  const Hash256 tag = hash(digest, joined({shared->x.view(), plain, shared->y.view()}));
  Bytes body, out;
  append_integer(body, first->x);
  append_integer(body, first->y);
  append_item(body, 0x04, tag.view());
  append_item(body, 0x04, text);
  append_item(out, 0x30, body);
  return out;
}

std::optional<Bytes> Curve::decrypt(Digest digest, const Number& secret,
                                    ByteView ciphertext) const {
  const Context context(BN_CTX_new());
  auto body = take_item(ciphertext, 0x30);
  if (!body || !ciphertext.empty() || !public_key(secret)) return std::nullopt;
  const auto x = take_integer(*body);
  const auto y = take_integer(*body);
  const auto tag = take_item(*body, 0x04);
  const auto text = take_item(*body, 0x04);
  if (!x || !y || !tag || !text || !body->empty() || tag->size() != 32) return std::nullopt;
  const Point first = inside_->point({*x, *y}, context.get());
  const Big d = big(secret);
  const auto shared =
      first ? inside_->sum(nullptr, first.get(), d.get(), context.get()) : std::nullopt;
  if (!shared) return std::nullopt;
  Bytes out = key_stream(digest, joined({shared->x.view(), shared->y.view()}), text->size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= (*text)[i];
  const Hash256 expected = hash(digest, joined({shared->x.view(), out, shared->y.view()}));
  if (CRYPTO_memcmp(expected.data.data(), tag->data(), 32) != 0) return std::nullopt;
  return out;
}

}  // namespace ledgerlab::sm2
