// The typed trace (DESIGN 13.6): one table of event types, each with a version, a fixed canonical
// layout and a class. Counted events enter the trace hash; notes do not. Metrics, checkers, plots
// and the trace file are folds over these events.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/base/ids.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

/// Raised whenever an event's layout or meaning changes; part of every plan digest.
inline constexpr std::uint32_t trace_schema_version = 1;

enum class EventType : std::uint8_t {
  start,
  crash,
  fault_begin,
  fault_end,
  send,
  drop,
  deliver,
  timer,
  durable,
  found,
  answer,
  role,
  head,
  final_block,
  submit,
  acknowledge,
  give_up,
  note,
  operate,
  read,
  read_done
};
inline constexpr std::size_t event_type_count = 21;

/// What a and b (and peer, kind) mean, for the documentation and `ledgerlab trace`.
struct EventInfo {
  EventType type;
  std::string_view name;
  std::uint32_t version;
  bool counted;
  std::string_view peer, kind, a, b;
};

inline constexpr std::array<EventInfo, event_type_count> event_table{{
    {EventType::start, "start", 1, true, "-", "-", "incarnation", "-"},
    {EventType::crash, "crash", 1, true, "-", "-", "incarnation", "records lost"},
    {EventType::fault_begin, "fault-begin", 1, true, "-", "fault kind", "fault index", "-"},
    {EventType::fault_end, "fault-end", 1, true, "-", "fault kind", "fault index", "-"},
    {EventType::send, "send", 1, true, "receiver, or count of receivers", "message kind",
     "identity", "wire bytes, 1<<32 if several receivers"},
    {EventType::drop, "drop", 1, true, "sender", "message kind", "identity", "reason"},
    {EventType::deliver, "deliver", 1, true, "sender", "message kind", "identity", "wire bytes"},
    {EventType::timer, "timer", 1, true, "-", "timer kind", "timer key", "-"},
    {EventType::durable, "durable", 1, true, "-", "-", "highest record", "records in this sync"},
    {EventType::found, "found", 1, true, "-", "-", "nonce", "-"},
    {EventType::answer, "answer", 1, true, "-", "answer kind", "block or transaction", "root"},
    {EventType::role, "role", 1, true, "leader", "role", "term", "-"},
    {EventType::head, "head", 1, true, "-", "-", "block id", "height"},
    {EventType::final_block, "final", 1, true, "-", "-", "block id", "height"},
    {EventType::submit, "submit", 1, true, "-", "-", "transaction", "due, ns"},
    {EventType::acknowledge, "acknowledge", 1, true, "-", "-", "transaction", "height"},
    {EventType::give_up, "give-up", 1, true, "-", "-", "transaction", "-"},
    {EventType::note, "note", 1, false, "-", "-", "-", "-"},
    {EventType::operate, "operate", 1, true, "-", "action", "operation index", "-"},
    {EventType::read, "read", 1, true, "-", "-", "the client's number", "due, ns"},
    {EventType::read_done, "read-done", 1, true, "-", "-", "the client's number", "height"},
}};

enum class DropReason : std::uint8_t { receiver_down, partition, loss, refused, sender_down };
inline constexpr std::array<std::string_view, 5> drop_reason_names{
    "receiver down", "partition", "loss", "refused", "sender down"};

/// One event. Ids are the first eight bytes of the hash they abbreviate.
struct Event {
  Time time{};
  NodeId node = 0;
  EventType type = EventType::note;
  Slot slot = Slot::consensus;
  std::uint16_t kind = 0;
  std::uint32_t peer = 0;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  /// The object the event is about, for folds inside the process; not part of the trace:
  /// head, final: const BlockRef*; submit: const TxRef*; note: const std::string*.
  const void* object = nullptr;
};

/// A fold over the trace. Events of one node come in its order; between nodes the order within a
/// lane's backlog is not defined (DESIGN 14, point 8: nothing may depend on it).
class Sink {
 public:
  virtual ~Sink() = default;
  /// Bit per EventType: what on_event wants to see.
  virtual std::uint32_t interest() const = 0;
  virtual void on_event(const Event& event) = 0;
};
constexpr std::uint32_t event_bit(EventType type) { return 1u << static_cast<unsigned>(type); }

}  // namespace ledgerlab
