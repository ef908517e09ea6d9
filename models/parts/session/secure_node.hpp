// A node that speaks to others only in sessions: a wrapper of its stack, as behaviours wrap nodes.
// Before the first message to a peer it runs the handshake with that peer; messages wait in order
// until the session stands, a lost handshake message is repeated, and what comes outside a session
// is refused. Sessions are memory: a crash loses them, and whoever gets a frame of a session that
// it does not know asks for a new one, which replaces the old only once it has been authenticated.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "models/api/module.hpp"
#include "models/parts/session/frames.hpp"
#include "models/parts/session/messages.hpp"

namespace ledgerlab::session {

struct NodeSpec {
  Terms terms;                  // `peer` is not read
  NodeId key_of = no_node;      // whose key it signs with; no_node: its own
  bool directory = true;        // every node knows every key; else the first one shown is kept
  std::uint32_t replicas = 0;   // admission (Effects::admit) is about these
  Duration repeat = seconds(1);       // a handshake message; doubled each time ...
  Duration repeat_max = seconds(4);   // ... up to this
  std::size_t waiting_max = 1024;     // messages a peer; the oldest goes first
  std::uint64_t rekey = rekey_after;
};

class SecureNode final : public Module {
 public:
  SecureNode(const NodeSpec& spec, std::unique_ptr<Module> stack);
  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override { stack_->restore(records); }
  void inspect(Inspector& inspector) const override;

  struct Counts {
    std::uint64_t handshakes = 0;  // that gave a session
    std::uint64_t refused = 0;     // messages
    std::uint64_t dropped = 0;     // that waited too long
    std::uint64_t frames = 0;      // sent
    std::uint64_t repeated = 0;    // handshake messages
  };
  const Counts& counts() const { return counts_; }
  bool stands(NodeId peer) const;
  Fault last_fault() const { return last_fault_; }
  const Module& stack() const { return *stack_; }

 private:
  struct Session {
    std::uint32_t id = 0;
    SendKeys send;
    ReceiveKeys receive;
  };
  /// A handshake we began: waits for the Reply, then for any frame that confirms.
  struct Opening {
    std::uint64_t number = 0;
    Initiator initiator;
    MessageRef repeated;
    bool finished = false;
    Duration pause{};
    Time due{};
  };
  struct Answering {
    std::uint64_t number = 0;
    Bytes hello;
    Responder responder;
    Time until{};  // the peer's Finish is waited for; then we begin ourselves, if we want to speak
  };
  struct Waiting {
    MessageRef message;
    Slot slot;  // whose records it must not overtake
    Gate gate;
  };
  struct Peer {
    std::optional<Session> session;
    std::optional<std::uint32_t> before;  // the session that this one replaced
    std::optional<Opening> opening;
    std::optional<Answering> answering;
    std::deque<Waiting> waiting;
    std::optional<NodeKey> pinned;
    std::uint64_t opened = 0;  // handshakes, as their draws are named
    std::uint64_t answered = 0;

    /// Wants to speak and waits for the Finish of a handshake that the peer began.
    bool hopes() const { return !session && !opening && answering && !waiting.empty(); }
    bool overdue(Time now) const { return hopes() && answering->until <= now; }
  };

  void pass_on(const Input& input, Effects& effects);
  bool take(const Input& input, Effects& effects, const Effect& effect);
  void send(const Input& input, Effects& effects, NodeId to, const Waiting& item);
  void send_frame(const Input& input, Effects& effects, NodeId to, Session& session,
                  const Waiting& item);
  void receive(const Input& input, Effects& effects);
  void on_hello(const Input& input, Effects& effects, const Hello& hello);
  void on_reply(const Input& input, Effects& effects, const Reply& reply);
  void on_finish(const Input& input, Effects& effects, const Finish& finish);
  void on_confirm(const Input& input, Effects& effects, const Confirm& confirm);
  void on_frame(const Input& input, Effects& effects, const Frame& frame);
  void open(const Input& input, Effects& effects, NodeId to);
  void repeat(const Input& input, Effects& effects);
  void arm(const Input& input, Effects& effects);
  void establish(const Input& input, Effects& effects, Peer& peer, std::uint64_t number,
                 const SessionKeys& keys, bool initiator);
  bool authentic(Effects& effects, Peer& peer, std::uint32_t session, std::uint64_t sequence,
                 const Carried* carried, const Hash128& tag);
  void refuse(Fault fault);
  void admit(std::span<const NodeId> replicas);
  bool admits(NodeId peer) const;
  Terms terms_for(Effects& effects, NodeId peer);

  NodeSpec spec_;
  std::unique_ptr<Module> stack_;
  std::map<NodeId, Peer> peers_;
  std::optional<std::vector<NodeId>> admitted_;
  std::optional<Slot> wrote_;  // the slot that listed a record last
  Time armed_ = time_never;
  bool rearm_ = false;  // a handshake has begun, ended or been repeated in this step
  Counts counts_;
  Fault last_fault_ = Fault::none;
};

}  // namespace ledgerlab::session
