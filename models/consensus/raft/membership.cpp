// Changes of membership: single-server changes (dissertation 4.1, with the correction of 2015),
// catching up as non-voters (4.2.1), removal of the leader (4.2.2), joint consensus (4.3).
#include <algorithm>

#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {
namespace {

constexpr std::uint32_t rounds_max = 10;  // 4.2.1

void sort_unique(std::vector<NodeId>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool contains(const std::vector<NodeId>& ascending, NodeId server) {
  return std::binary_search(ascending.begin(), ascending.end(), server);
}

}  // namespace

// --- who is there --------------------------------------------------------------------------------

/// To every member but this server.
void Raft::tell_members(Effects& effects, MessageRef message, Gate gate) const {
  if (!configuration().joint() && configuration().members.size() == n()) {
    effects.broadcast(std::move(message), gate);
    return;
  }
  std::vector<NodeId> others = configuration().all();
  std::erase(others, self());
  if (!others.empty()) effects.multicast(others, std::move(message), gate);
}

/// A leader's followers: who votes, who catches up, and who does not yet know that it was removed.
void Raft::find_followers() {
  std::vector<NodeId> now = configuration().all();
  now.insert(now.end(), leavers_.begin(), leavers_.end());
  if (change_) now.insert(now.end(), change_->newcomers.begin(), change_->newcomers.end());
  sort_unique(now);
  std::erase(now, self());
  for (const NodeId server : now) {
    if (contains(followers_, server)) continue;
    peers_[server] = Peer{};
    peers_[server].next_index = log_.last_index() + 1;
  }
  for (const NodeId server : followers_) {
    if (!contains(now, server)) peers_[server] = Peer{};
  }
  followers_ = std::move(now);
}

/// A removed server is followed up no longer.
void Raft::let_go(NodeId server) {
  if (std::erase(leavers_, server) > 0) find_followers();
}

// --- what an operator asks -----------------------------------------------------------------------

bool Raft::change_under_way() const {
  return change_ || configuration().joint() || log_.configuration().index > commit_index_;
}

void Raft::on_operate(const Input& input, Effects& effects, const Operate& operation) {
  // Not a leader's: the operator has to ask the leader (6.2).
  std::string refusal = !leads()                  ? "this server does not lead"
                        : transfer_to_ != no_node ? "leadership is being transferred"
                        : change_under_way()      ? "a change of membership is under way"
                                                  : "";
  const std::vector<NodeId>& nodes = operation.nodes;
  for (const NodeId node : nodes) {
    if (node >= n()) refusal = "there is no server " + std::to_string(node);
  }
  std::vector<NodeId> members = configuration().members;
  switch (operation.action) {
    case OperateAction::transfer_leadership: {
      if (!refusal.empty()) break;
      // Without a target, to the member whose log is longest.
      NodeId target = nodes.empty() ? self() : nodes.front();
      for (const NodeId server : members) {
        if (!nodes.empty() || server == self()) continue;
        const bool first = target == self();
        if (first || peers_[server].match_index > peers_[target].match_index) target = server;
      }
      transfer_leadership(input, effects, target);
      return;
    }
    case OperateAction::add_server:
    case OperateAction::remove_server: {
      const bool add = operation.action == OperateAction::add_server;
      if (nodes.size() != 1) {
        refusal = "it takes one server";
      } else if (refusal.empty() && contains(members, nodes.front()) == add) {
        refusal = std::to_string(nodes.front()) + (add ? " is a member" : " is no member");
      } else if (!add && members.size() == 1) {
        refusal = "nobody would be left";
      }
      if (!refusal.empty()) break;
      if (add) {
        members.push_back(nodes.front());
        sort_unique(members);
      } else {
        std::erase(members, nodes.front());
      }
      change_members(input, effects, {std::move(members), {}});
      return;
    }
    case OperateAction::change_members: {
      Configuration wanted{nodes, members};
      sort_unique(wanted.members);
      if (wanted.members.empty()) refusal = "nobody would be left";
      if (refusal.empty() && wanted.members == members) refusal = "these are the members";
      if (!refusal.empty()) break;
      change_members(input, effects, std::move(wanted));
      return;
    }
  }
  effects.note("operation refused: " + refusal);
}

/// `wanted` goes into the log once the new servers have caught up.
void Raft::change_members(const Input& input, Effects& effects, Configuration wanted) {
  Change change;
  for (const NodeId server : wanted.members) {
    if (!configuration().has(server)) change.newcomers.push_back(server);
  }
  change.wanted = std::move(wanted);
  change.goal = log_.last_index();
  change.began = input.local;
  change_ = std::move(change);
  find_followers();
  // A newcomer's log is probed at once, not at the next heartbeat.
  for (const NodeId server : change_->newcomers) {
    if (log_.has(log_.last_index())) peers_[server].next_index = log_.last_index();
  }
  replicate(input, effects);
  advance_membership(input, effects);
}

// --- catching up ---------------------------------------------------------------------------------

void Raft::give_up_change(Effects& effects, const std::string& why) {
  effects.note("change of membership given up: " + why);
  change_.reset();
  find_followers();
}

// 4.2.1: a new server that is unavailable must not hold up the operator for ever.
void Raft::watch_newcomers(const Input& input, Effects& effects) {
  if (!change_) return;
  for (const NodeId server : change_->newcomers) {
    const Time since = std::max(peers_[server].answered, change_->began);
    if (input.local - since <= options_.election_timeout_max) continue;
    give_up_change(effects, "no word from " + std::to_string(server));
    return;
  }
}

// --- progress ------------------------------------------------------------------------------------

/// Takes the next step that is due, if any; asked whenever something was committed or heard.
void Raft::advance_membership(const Input& input, Effects& effects) {
  if (!leads() || !may_change_members()) return;
  const PlacedConfiguration& latest = log_.configuration();
  if (latest.index > commit_index_) return;  // 4.1: one change at a time
  if (latest.value.joint()) {
    // 4.3: C_old,new is committed, C_new may follow.
    append_configuration(input, effects, {latest.value.members, {}});
    return;
  }
  // Who was removed hears that the removal is committed, and rests.
  for (const NodeId server : std::vector<NodeId>(leavers_)) {
    const std::uint64_t match = peers_[server].match_index;
    if (match < latest.index || match < log_.base_index()) continue;
    effects.send(server, make_append(effects, match, match), Gate::ungated);
    let_go(server);
  }
  if (!latest.value.has(self())) {
    step_down_when_removed(input, effects);
    return;
  }
  if (!change_ || transfer_to_ != no_node) return;
  // 4.2.1: rounds of replication, each up to where the log ended when it began; a round shorter
  // than an election timeout is the last.
  Change& change = *change_;
  if (!change.caught_up) {
    for (const NodeId server : change.newcomers) {
      if (peers_[server].match_index < change.goal) return;
    }
    if (input.local - change.began > options_.election_timeout_min) {
      if (++change.round > rounds_max) {
        give_up_change(effects, "the new servers do not catch up");
        return;
      }
      change.goal = log_.last_index();
      change.began = input.local;
      return;
    }
    change.caught_up = true;
  }
  append_configuration(input, effects, std::move(change.wanted));
}

// 4.1: the new configuration is in use on this server from here on, and on each follower once it
// has it in its log.
void Raft::append_configuration(const Input& input, Effects& effects, Configuration next) {
  const std::vector<NodeId> before = configuration().all();
  append(effects, {hard_.term, nullptr, std::move(next)});
  change_.reset();
  for (const NodeId server : before) {
    if (server != self() && !configuration().has(server)) leavers_.push_back(server);
  }
  std::erase_if(leavers_, [this](NodeId server) { return configuration().has(server); });
  find_followers();
  replicate(input, effects);
}

// 4.2.2: a removed leader leads until C_new is committed, without counting itself.
void Raft::step_down_when_removed(const Input& input, Effects& effects) {
  send_heartbeats(input, effects);  // they bring the commit index
  effects.note("steps down: no longer a member");
  become_follower(input, effects, hard_.term, no_node);
}

}  // namespace ledgerlab::raft
