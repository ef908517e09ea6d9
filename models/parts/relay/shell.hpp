// A shell: a content that carries a block, without the block's payload. It is the header that BIP
// 130 and BIP 152 send ahead, for every protocol whose blocks prove themselves, whatever their
// header looks like.
#pragma once

#include "models/api/message.hpp"
#include "models/api/payload_pass.hpp"

namespace ledgerlab::relay {

struct Shell {
  Slot slot = Slot::consensus;
  const MessageType* type = nullptr;
  Bytes body;  // the content's, with nothing in the payload's place
};

/// The shell of a content and its payload; nothing if it is no block with one payload, or needs an
/// authenticator, which whoever puts it together again could not make.
struct Opened {
  Shell shell;
  PayloadRef payload;
};
std::optional<Opened> open(const Message& content);

/// The content with this payload; null if the bytes are no such content.
MessageRef close(const Shell& shell, const PayloadRef& payload);

void codec_write(codec::Writer& writer, const Shell& value);
bool codec_read(codec::Reader& reader, Shell& value);

}  // namespace ledgerlab::relay
