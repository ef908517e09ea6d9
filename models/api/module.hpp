// The contract between a module and its host. Read this page before writing a protocol.
//
// A module is a pure state machine: step(input, effects). It has no clock, no I/O, no randomness of
// its own, and throws nothing on bad messages. What the host does with what it lists:
//   1. The step runs when the node's serial lane reaches it; its charged work delays everything it
//      lists. A crash before that instant loses the step.
//   2. persist/truncate/forget go to the module's numbered log on the simulated disk. Everything
//      that can be seen outside (send, publish, reply, announcements) and is listed after a record,
//      in this step or a later one, waits until that record is durable, unless marked ungated.
//      Timers, searches and local calls do not wait.
//   3. Local calls reach the other slots of the same node in the same instant.
//   4. After a crash a new object is constructed, restore() gets the synced records (and perhaps
//      some later ones, without gaps), then Start comes with the next incarnation. Timers,
//      searches and unanswered calls died with the crash.
// Times: `local` is monotonic and may drift: it drives timers and nothing else. `wall` has offset
// and may jump: it goes into timestamps and slot numbers and nowhere else.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "models/api/effects.hpp"
#include "models/base/draw.hpp"

namespace ledgerlab {

enum class InputKind : std::uint8_t { start, deliver, timer, persisted, found, call };

/// One input of a module. Only the fields of its kind are set.
struct Input {
  InputKind kind = InputKind::start;
  Slot slot = Slot::consensus;  // whom it is for (stack and host only)
  NodeId self = 0;
  Time local{};
  Time wall{};
  const Draws* draws = nullptr;
  std::uint64_t incarnation = 0;      // start
  NodeId from = no_node;              // deliver: who sent it over the network
  const Message* message = nullptr;   // deliver: authentic, of a kind the module lists
  TimerId timer{};                    // timer
  std::uint64_t persisted_up_to = 0;  // persisted: highest durable record index
  std::uint64_t nonce = 0;            // found: the work for the running search
  std::uint64_t stamp = 0;            // found: wall time of the find, part of the work
  const LocalCall* call = nullptr;    // call

  std::uint64_t draw(Purpose purpose, std::uint64_t key) const { return (*draws)(purpose, key); }
  /// A counted handle on the delivered message, to keep or forward it.
  MessageRef message_ref() const {
    ++message->book.references;
    return MessageRef(message);
  }
};

/// Shows a module's state to people and adversaries; never to a checker.
class Inspector {
 public:
  virtual ~Inspector() = default;
  virtual void field(std::string_view name, std::string value) = 0;
  void field(std::string_view name, std::uint64_t value) { field(name, std::to_string(value)); }
};

class Module {
 public:
  virtual ~Module() = default;
  virtual void step(const Input& input, Effects& effects) = 0;
  /// Called once, before Start, after a crash or on a node that begins with a filled disk.
  virtual void restore(std::span<const Record> records) = 0;
  virtual void inspect(Inspector& inspector) const = 0;
  /// An input is about to come: ask for the cache lines that it will touch. First depth 0 for the
  /// lines of the object itself, then depth 1 for what it points to. Changes nothing.
  virtual void warm(unsigned /*depth*/) const {}
};

/// The module in the consensus slot.
using Protocol = Module;

}  // namespace ledgerlab
