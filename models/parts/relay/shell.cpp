#include "models/parts/relay/shell.hpp"

namespace ledgerlab::relay {

std::optional<Opened> open(const Message& content) {
  if (content.auth() != Auth::none || !content.block()) return std::nullopt;
  Opened out;
  out.shell.slot = content.slot();
  out.shell.type = &content.type();
  PayloadPass pass;
  codec::Writer writer(out.shell.body);
  content.type().encode_body(content, writer);
  if (pass.met != 1) return std::nullopt;
  out.payload = std::move(pass.payload);
  return out;
}

MessageRef close(const Shell& shell, const PayloadRef& payload) {
  if (!shell.type) return {};
  codec::Reader reader(shell.body);
  Message* message = nullptr;
  {
    PayloadPass pass;
    pass.payload = payload;
    message = shell.type->decode_body(*shell.type, reader);
    if (!message) return {};
    if (pass.met != 1) reader.fail();
  }
  MessageRef result(message);
  if (!reader.finished()) return {};
  MessageAccess::set_frame(*message, shell.slot, no_node, {});
  return result;
}

void codec_write(codec::Writer& writer, const Shell& value) {
  writer(static_cast<std::uint8_t>(value.slot),
         value.type ? value.type->info.kind : std::uint16_t{0}, value.body);
}

bool codec_read(codec::Reader& reader, Shell& value) {
  std::uint8_t slot = 0;
  std::uint16_t kind = 0;
  reader(slot, kind, value.body);
  if (!reader.ok() || slot >= slot_count) return false;
  value.slot = static_cast<Slot>(slot);
  value.type = type_in_decoding(value.slot, kind);
  return value.type != nullptr && value.type->info.auth == Auth::none;
}

}  // namespace ledgerlab::relay
