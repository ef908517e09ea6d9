// Frames of a session, one direction each: sequence numbers that are the nonces, keys that move on
// after every so many frames (as BIP 324's cipher does after 224: what was said before stays secret
// when a key is lost), and the refusal of everything that is not new.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "models/parts/session/handshake.hpp"

namespace ledgerlab::session {

inline constexpr std::uint64_t rekey_after = 1024;  // frames

/// Whether numbers may be missing. `strict` for byte streams: nothing may. `windowed` for networks
/// that lose and reorder: each number once, within a window (RFC 4303, section 3.4.3; RFC 6479).
enum class Order : std::uint8_t { windowed, strict };

AeadNonce nonce_of(std::uint64_t sequence);
/// What a frame's encryption also authenticates: session and number.
std::array<Byte, 12> associated_of(std::uint32_t session, std::uint64_t sequence);

class SendKeys {
 public:
  SendKeys() = default;
  SendKeys(const Hash256& key, std::uint64_t rekey) : key_(key), rekey_(rekey) {}
  /// The number of the next frame; key() is then its key.
  std::uint64_t next(Primitives& primitives);
  const Hash256& key() const { return key_; }
  std::uint64_t sent() const { return next_; }

 private:
  Hash256 key_;
  std::uint64_t rekey_ = rekey_after;
  std::uint64_t next_ = 0;
};

class ReceiveKeys {
 public:
  static constexpr std::uint64_t window = 1024;
  static constexpr std::uint64_t epochs_ahead = 8;

  ReceiveKeys() = default;
  ReceiveKeys(const Hash256& key, Order order, std::uint64_t rekey)
      : key_(key), order_(order), rekey_(rekey) {}
  /// The key of the frame with this number, or why the number is refused. Nothing changes before
  /// accept(): whoever forges a frame must not move the window.
  std::variant<Fault, Hash256> key_for(std::uint64_t sequence, Primitives& primitives) const;
  /// The frame was authentic.
  void accept(std::uint64_t sequence, Primitives& primitives);

 private:
  Fault judge(std::uint64_t sequence) const;
  bool seen(std::uint64_t sequence) const {
    return seen_[sequence / 64 % seen_.size()] >> (sequence % 64) & 1;
  }

  Hash256 key_;  // of epoch_
  std::uint64_t epoch_ = 0;
  std::optional<Hash256> before_;  // of the epoch before
  Order order_ = Order::windowed;
  std::uint64_t rekey_ = rekey_after;
  std::uint64_t end_ = 0;  // one more than the highest number accepted
  std::array<std::uint64_t, window / 64> seen_{};
};

/// Both directions over a byte stream or in datagrams: sequence, ciphertext, tag. The last frame
/// says so, or a stream that was cut short would look like one that ended.
class Channel {
 public:
  Channel(const SessionKeys& keys, bool initiator, Order order,
          std::uint64_t rekey = rekey_after);
  static constexpr std::size_t overhead = 8 + 1 + aead_tag_bytes;

  Bytes seal(ByteView plain, Primitives& primitives, bool last = false);
  std::variant<Fault, Bytes> open(ByteView frame, Primitives& primitives);
  /// The peer's last frame has come: the end of the stream is the true one.
  bool ended() const { return ended_; }

 private:
  std::uint32_t id_;
  SendKeys send_;
  ReceiveKeys receive_;
  bool ended_ = false;
};

}  // namespace ledgerlab::session
