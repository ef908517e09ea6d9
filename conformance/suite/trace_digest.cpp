#include "conformance/suite/trace_digest.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr std::size_t gathered_bytes = 128 * StreamHash::record_bytes;

void want(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL cannot take a SHA-256");
}

}  // namespace

TraceDigest::TraceDigest(std::uint32_t nodes) : streams_(nodes) {
  for (Stream& s : streams_) {
    s.context = EVP_MD_CTX_new();
    want(s.context && EVP_DigestInit_ex(s.context, EVP_sha256(), nullptr) == 1);
    s.waiting.reserve(gathered_bytes);
  }
}

TraceDigest::~TraceDigest() {
  for (Stream& s : streams_) EVP_MD_CTX_free(s.context);
}

std::uint32_t TraceDigest::interest() const {
  std::uint32_t bits = 0;
  for (const EventInfo& info : event_table) bits |= info.counted ? event_bit(info.type) : 0;
  return bits;
}

void TraceDigest::on_event(const Event& e) {
  Stream& s = streams_[e.node];
  s.hash.add(e);
  // The layout of StreamHash, little endian: time, type, slot, kind, peer, a, b.
  const std::uint64_t words[4] = {
      static_cast<std::uint64_t>(count_ns(e.time)),
      static_cast<std::uint64_t>(e.type) | static_cast<std::uint64_t>(e.slot) << 8 |
          static_cast<std::uint64_t>(e.kind) << 16 | static_cast<std::uint64_t>(e.peer) << 32,
      e.a, e.b};
  static_assert(sizeof words == StreamHash::record_bytes);
  const auto* bytes = reinterpret_cast<const Byte*>(words);
  s.waiting.insert(s.waiting.end(), bytes, bytes + sizeof words);
  if (s.waiting.size() == gathered_bytes) flush(s);
}

void TraceDigest::flush(Stream& s) {
  want(EVP_DigestUpdate(s.context, s.waiting.data(), s.waiting.size()) == 1);
  s.waiting.clear();
}

std::string TraceDigest::sha256() {
  Bytes all;
  for (Stream& s : streams_) {
    flush(s);
    Hash256 digest;
    unsigned size = 32;
    want(EVP_DigestFinal_ex(s.context, digest.data.data(), &size) == 1 && size == 32);
    all.insert(all.end(), digest.data.begin(), digest.data.end());
  }
  return to_hex(ledgerlab::sha256(all));
}

std::string TraceDigest::xxh3() const {
  std::vector<Hash128> digests;
  for (const Stream& s : streams_) digests.push_back(s.hash.digest());
  return to_hex(combine(digests));
}

}  // namespace ledgerlab::conformance
