// Messages whose fields are known only at run time: a list of field types stands in for the struct,
// a tree of values for its object (DESIGN 13.7). The encoding is that of a struct with the same
// fields, so a protocol in another language speaks the one canonical codec.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "models/api/block.hpp"
#include "models/api/message.hpp"

namespace ledgerlab::dynamic {

enum class FieldKind : std::uint8_t { u32, u64, flag, bytes, hash, block, payload, list };

struct FieldType {
  FieldKind kind = FieldKind::u64;
  std::vector<FieldType> element;  // list only: one
};

/// One value; a list holds values of one type.
struct Value {
  std::variant<std::uint64_t, bool, Bytes, Hash256, BlockRef, PayloadRef, std::vector<Value>> is;
};

/// A message type made at run time. Messages point to it: it must outlive the world they are in and
/// must not move.
struct Type : MessageType {
  Type(std::uint16_t kind, std::string name, Role role, Auth auth, std::vector<FieldType> fields);
  Type(const Type&) = delete;
  Type& operator=(const Type&) = delete;

  /// Takes the place of the role when every list of a message is empty (an append without entries
  /// is a heartbeat).
  Role role_if_empty;
  const std::string own_name;
  const std::vector<FieldType> fields;
};

/// One value a field, in the order of the type's fields.
MessageRef make_message(const Type& type, std::vector<Value> values);
/// The values of a message of that type; null if it has another.
const std::vector<Value>* values_of(const Type& type, const Message& message);

}  // namespace ledgerlab::dynamic
