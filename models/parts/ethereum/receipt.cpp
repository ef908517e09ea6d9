// Receipts and their bloom filter (Yellow Paper 4.3.1, (23) to (28)).
#include "models/parts/ethereum/receipt.hpp"

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::ethereum {

void bloom_add(Bloom& bloom, ByteView item) {
  const Hash256 hash = keccak256(item);
  for (std::size_t i = 0; i < 6; i += 2) {
    const std::size_t bit = (hash.data[i] << 8 | hash.data[i + 1]) % 2048u;
    bloom.data[255 - bit / 8] |= static_cast<Byte>(1u << (bit % 8));
  }
}

Bloom bloom_of(std::span<const Log> logs) {
  Bloom out;
  for (const Log& log : logs) {
    bloom_add(out, log.address.view());
    for (const Hash256& topic : log.topics) bloom_add(out, topic.view());
  }
  return out;
}

Bytes encode(std::span<const Log> logs) {
  Bytes entries;
  for (const Log& log : logs) {
    Bytes topics;
    for (const Hash256& topic : log.topics) rlp::append(topics, topic.view());
    Bytes fields;
    rlp::append(fields, log.address.view());
    rlp::append_list(fields, topics);
    rlp::append(fields, ByteView(log.data));
    rlp::append_list(entries, fields);
  }
  Bytes out;
  rlp::append_list(out, entries);
  return out;
}

Bytes encode(const Receipt& receipt) {
  Bytes fields;
  if (receipt.post_state) {
    rlp::append(fields, receipt.post_state->view());
  } else {
    rlp::append(fields, std::uint64_t{receipt.success});
  }
  rlp::append(fields, receipt.cumulative_gas);
  rlp::append(fields, receipt.bloom.view());
  const Bytes logs = encode(receipt.logs);
  fields.insert(fields.end(), logs.begin(), logs.end());
  Bytes out;
  if (receipt.type != 0) out.push_back(receipt.type);  // EIP-2718
  rlp::append_list(out, fields);
  return out;
}

}  // namespace ledgerlab::ethereum
