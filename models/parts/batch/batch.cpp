#include "models/parts/batch/batch.hpp"

#include "models/api/identity_pass.hpp"
#include "models/parts/chain/signatures.hpp"

namespace ledgerlab {

BatchDigest batch_digest(const Payload& payload) {
  return {payload.root, chain::signatures_digest(payload)};
}

void codec_write(codec::Writer& writer, const BatchDigest& value) {
  if (IdentityPass* pass = IdentityPass::current()) {
    writer(value.root);
    pass->full_bytes += value.signatures.size();
    return;
  }
  writer(value.root, value.signatures);
}

bool codec_read(codec::Reader& reader, BatchDigest& value) {
  reader(value.root, value.signatures);
  return reader.ok();
}

}  // namespace ledgerlab
