// What sessions send in a world. The bytes of a handshake are those of the state machines; a frame
// holds the carried message by reference, and its size is that of the bytes that would be encrypted.
// What depends on the crypto mode (keys, signatures, tags) stays out of the messages' identities, as
// every authenticator does: one trace hash in both modes.
#pragma once

#include "models/api/message.hpp"

namespace ledgerlab::session {

/// Bytes of a handshake message: counted by size, not part of the identity.
struct Opaque {
  Bytes bytes;
};
void codec_write(codec::Writer& writer, const Opaque& opaque);
bool codec_read(codec::Reader& reader, Opaque& opaque);

/// A frame's tag: 16 bytes, not part of the identity.
struct Tag {
  Hash128 code;
};
void codec_write(codec::Writer& writer, const Tag& tag);
bool codec_read(codec::Reader& reader, Tag& tag);

/// The rest of a frame: the carried message. Its own 16-byte tag, if it has one under the key of
/// the frame's sender, is not sent: the frame's stands for it.
struct Carried {
  MessageRef message;
  bool bare = false;  // without its tag
};
void codec_write(codec::Writer& writer, const Carried& carried);
bool codec_read(codec::Reader& reader, Carried& carried);

/// `number` names the handshake: an answer says which question it answers. Its lower half names the
/// session that comes of it.
struct Hello {
  static constexpr MessageInfo info{1, "Hello", Role::sync, Auth::none};
  std::uint64_t number = 0;
  Opaque bytes;
  template <class A>
  void fields(A& a) {
    a(number, bytes);
  }
};
struct Reply {
  static constexpr MessageInfo info{2, "HelloReply", Role::sync, Auth::none};
  std::uint64_t number = 0;
  Opaque bytes;
  template <class A>
  void fields(A& a) {
    a(number, bytes);
  }
};
struct Finish {
  static constexpr MessageInfo info{3, "Finish", Role::sync, Auth::none};
  std::uint64_t number = 0;
  Opaque bytes;
  template <class A>
  void fields(A& a) {
    a(number, bytes);
  }
};
/// An empty frame: the responder holds the session. It ends the repetition of Finish.
struct Confirm {
  static constexpr MessageInfo info{4, "Confirm", Role::sync, Auth::none};
  std::uint32_t session = 0;
  std::uint64_t sequence = 0;
  Tag tag;
  template <class A>
  void fields(A& a) {
    a(session, sequence, tag);
  }
};
struct Frame {
  static constexpr MessageInfo info{5, "Frame", Role::relay, Auth::none};
  std::uint32_t session = 0;
  std::uint64_t sequence = 0;
  Tag tag;
  Carried carried;
  template <class A>
  void fields(A& a) {
    a(session, sequence, tag, carried);
  }
  /// A frame counts as what it carries.
  Role role() const { return carried.message ? carried.message->role() : info.role; }
  const Message* carried_message() const { return carried.message.get(); }
  std::string describe() const { return "Frame of " + carried.message->describe(); }
};

inline MessageTypes message_types() { return message_list<Hello, Reply, Finish, Confirm, Frame>(); }

}  // namespace ledgerlab::session
