#include "models/parts/dynamic/dynamic.hpp"

#include <stdexcept>

namespace ledgerlab::dynamic {
namespace {

struct DynamicMessage final : Message {
  DynamicMessage(const Type& type, std::vector<Value> list)
      : Message(type), values(std::move(list)) {}
  std::vector<Value> values;
};

void write(codec::Writer& writer, const FieldType& type, const Value& value);

void write_list(codec::Writer& writer, const FieldType& element, const std::vector<Value>& list) {
  if (list.size() > codec::default_limit)
    throw std::length_error("a list in a message is too long");
  writer.varint(list.size());
  for (const Value& item : list) write(writer, element, item);
}

void write(codec::Writer& writer, const FieldType& type, const Value& value) {
  switch (type.kind) {
    case FieldKind::u32:
      return writer(static_cast<std::uint32_t>(std::get<std::uint64_t>(value.is)));
    case FieldKind::u64:
      return writer(std::get<std::uint64_t>(value.is));
    case FieldKind::flag:
      return writer(std::get<bool>(value.is));
    case FieldKind::bytes:
      return writer(std::get<Bytes>(value.is));
    case FieldKind::hash:
      return writer(std::get<Hash256>(value.is));
    case FieldKind::block:
      return writer(std::get<BlockRef>(value.is));
    case FieldKind::payload:
      return writer(std::get<PayloadRef>(value.is));
    case FieldKind::list:
      return write_list(writer, type.element.front(), std::get<std::vector<Value>>(value.is));
  }
}

template <class T>
bool read_as(codec::Reader& reader, Value& value) {
  reader(value.is.emplace<T>());
  return reader.ok();
}

bool read(codec::Reader& reader, const FieldType& type, Value& value);

bool read_list(codec::Reader& reader, const FieldType& element, Value& value) {
  std::uint64_t count = 0;
  // Every element takes a byte at least, so a count beyond the input is a lie.
  if (!reader.varint(count, codec::default_limit) || count > reader.remaining()) {
    return reader.fail();
  }
  auto& list = value.is.emplace<std::vector<Value>>();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!read(reader, element, list.emplace_back())) return false;
  }
  return true;
}

bool read(codec::Reader& reader, const FieldType& type, Value& value) {
  switch (type.kind) {
    case FieldKind::u32: {
      std::uint32_t number = 0;
      reader(number);
      value.is = std::uint64_t{number};
      return reader.ok();
    }
    case FieldKind::u64:
      return read_as<std::uint64_t>(reader, value);
    case FieldKind::flag:
      return read_as<bool>(reader, value);
    case FieldKind::bytes:
      return read_as<Bytes>(reader, value);
    case FieldKind::hash:
      return read_as<Hash256>(reader, value);
    case FieldKind::block:
      return read_as<BlockRef>(reader, value);
    case FieldKind::payload:
      return read_as<PayloadRef>(reader, value);
    case FieldKind::list:
      return read_list(reader, type.element.front(), value);
  }
  return reader.fail();
}

const Type& type_of(const Message& message) { return static_cast<const Type&>(message.type()); }

void encode_values(const Message& message, codec::Writer& writer) {
  const auto& values = static_cast<const DynamicMessage&>(message).values;
  const auto& fields = type_of(message).fields;
  for (std::size_t i = 0; i < fields.size(); ++i) write(writer, fields[i], values[i]);
}

DynamicMessage* construct(const Type& type, std::vector<Value> values) {
  bool has_list = false;
  bool empty = true;
  for (const Value& value : values) {
    const auto* list = std::get_if<std::vector<Value>>(&value.is);
    has_list = has_list || list != nullptr;
    empty = empty && (list == nullptr || list->empty());
  }
  auto* message = new DynamicMessage(type, std::move(values));
  if (has_list && empty) MessageAccess::set_role(*message, type.role_if_empty);
  return message;
}

Message* decode_values(const MessageType& base, codec::Reader& reader) {
  const Type& type = static_cast<const Type&>(base);
  std::vector<Value> values(type.fields.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!read(reader, type.fields[i], values[i])) return nullptr;
  }
  return construct(type, std::move(values));
}

void destroy_message(const Message* message) { delete static_cast<const DynamicMessage*>(message); }

std::string name_of(const Message& message) { return type_of(message).own_name; }

bool fits(const FieldType& type, const Value& value) {
  switch (type.kind) {
    case FieldKind::u32: {
      const auto* number = std::get_if<std::uint64_t>(&value.is);
      return number != nullptr && *number <= 0xffff'ffff;
    }
    case FieldKind::u64:
      return std::holds_alternative<std::uint64_t>(value.is);
    case FieldKind::flag:
      return std::holds_alternative<bool>(value.is);
    case FieldKind::bytes:
      return std::holds_alternative<Bytes>(value.is);
    case FieldKind::hash:
      return std::holds_alternative<Hash256>(value.is);
    case FieldKind::block: {
      const auto* block = std::get_if<BlockRef>(&value.is);
      return block != nullptr && *block != nullptr && (*block)->header.empty();
    }
    case FieldKind::payload: {
      const auto* payload = std::get_if<PayloadRef>(&value.is);
      return payload != nullptr && *payload != nullptr;
    }
    case FieldKind::list: {
      const auto* list = std::get_if<std::vector<Value>>(&value.is);
      if (list == nullptr) return false;
      for (const Value& item : *list) {
        if (!fits(type.element.front(), item)) return false;
      }
      return true;
    }
  }
  return false;
}

}  // namespace

Type::Type(std::uint16_t kind, std::string name, Role role, Auth auth,
           std::vector<FieldType> field_types)
    : MessageType{{kind, {}, role, auth},
                  &encode_values,
                  &decode_values,
                  &destroy_message,
                  &name_of},
      role_if_empty(role),
      own_name(std::move(name)),
      fields(std::move(field_types)) {
  info.name = own_name;
}

MessageRef make_message(const Type& type, std::vector<Value> values) {
  if (values.size() != type.fields.size()) {
    throw std::invalid_argument(type.own_name + " has " + std::to_string(type.fields.size()) +
                                " fields, not " + std::to_string(values.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (fits(type.fields[i], values[i])) continue;
    throw std::invalid_argument("field " + std::to_string(i) + " of " + type.own_name +
                                " has a value of another type");
  }
  return MessageRef(construct(type, std::move(values)));
}

const std::vector<Value>* values_of(const Type& type, const Message& message) {
  return &message.type() == &type ? &static_cast<const DynamicMessage&>(message).values : nullptr;
}

}  // namespace ledgerlab::dynamic
