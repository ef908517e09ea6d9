// SHA-256 of the bytes that the trace hash is taken of (DESIGN 13.6): each node's own stream of
// counted events, then the nodes' digests in node order. The trace hash is computed beside it from
// the same records, so that both are known to speak of the same bytes.
#pragma once

#include <vector>

#include "sim/record/event.hpp"
#include "sim/record/trace_hash.hpp"

struct evp_md_ctx_st;

namespace ledgerlab::conformance {

class TraceDigest final : public Sink {
 public:
  explicit TraceDigest(std::uint32_t nodes);
  ~TraceDigest() override;
  std::uint32_t interest() const override;
  void on_event(const Event& event) override;
  /// Hex. Call once.
  std::string sha256();
  std::string xxh3() const;

 private:
  struct Stream {
    evp_md_ctx_st* context = nullptr;
    std::vector<Byte> waiting;
    StreamHash hash;
  };
  void flush(Stream& stream);
  std::vector<Stream> streams_;
};

}  // namespace ledgerlab::conformance
