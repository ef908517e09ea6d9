// Linearisable reads without writing to the log (dissertation 6.4): the leader notes its commit
// index, confirms by a round of heartbeats that it still leads, waits until that index is applied,
// and then the state machine may be read. Followers ask the leader for the index. One round serves
// all reads that came before it.
#include "models/consensus/raft/raft.hpp"

namespace ledgerlab::raft {
namespace {

void answer(Effects& effects, const LocalCall& question, bool ok) {
  effects.answer(question, ReadConfirmed{ok});
}

}  // namespace

void Raft::on_confirm_read(const Input&, Effects& effects, const LocalCall& question) {
  const Reader reader{self(), question.id, question.from};
  if (leads()) {
    reads_waiting_.push_back(reader);
    begin_read_round(effects);
  } else if (leader_ != no_node) {
    reads_to_forward_.push_back(reader);
    forward_reads(effects);
  } else {
    answer(effects, question, false);
  }
}

// --- leader --------------------------------------------------------------------------------------

void Raft::begin_read_round(Effects& effects) {
  if (!leads() || reads_waiting_.empty() || !reads_in_round_.empty()) return;
  // Step 1: before an entry of its own term is committed, a leader does not know what is committed.
  if (commit_index_ < term_start_) return;
  reads_in_round_.swap(reads_waiting_);
  read_index_ = commit_index_;  // step 2
  ++read_round_;
  read_answers_.assign(n(), quorum::Answer::missing);
  read_answers_[self()] = quorum::Answer::yes;
  if (!confirms_leadership() ||
      quorum::vote(voters(), read_answers_) == quorum::Outcome::won) {
    finish_read_round(effects);
    return;
  }
  repeat_read_round(effects);
}

/// Step 3: a new round of heartbeats. What is lost is sent again with the next heartbeat.
void Raft::repeat_read_round(Effects& effects) {
  if (reads_in_round_.empty()) return;
  tell_members(effects, effects.make(ConfirmLeader{hard_.term, read_round_}), Gate::ungated);
}

void Raft::handle(const Input& input, Effects& effects, const ConfirmLeader& request) {
  if (observe_term(input, effects, request.term) && !leads()) {
    follow(input, effects, request.term);
  }
  effects.send(input.from, ConfirmLeaderReply{hard_.term, request.round});
}

void Raft::handle(const Input& input, Effects& effects, const ConfirmLeaderReply& reply) {
  if (!observe_term(input, effects, reply.term) || !leads()) return;
  peers_[input.from].active = true;
  peers_[input.from].answered = input.local;
  if (reply.round != read_round_ || reads_in_round_.empty()) return;
  read_answers_[input.from] = quorum::Answer::yes;
  if (quorum::vote(voters(), read_answers_) == quorum::Outcome::won) finish_read_round(effects);
}

void Raft::finish_read_round(Effects& effects) {
  for (const Reader& reader : reads_in_round_) {
    if (reader.node == self()) {
      reads_confirmed_.emplace_back(read_index_, reader);
    } else {
      effects.send(reader.node, ReadIndexReply{hard_.term, reader.id, read_index_});
    }
  }
  reads_in_round_.clear();
  answer_reads(effects);
  begin_read_round(effects);
}

// --- any server ----------------------------------------------------------------------------------

/// Steps 4 and 5: what is asked of the application behind this call sees the applied state.
void Raft::answer_reads(Effects& effects) {
  while (!installing_ && !reads_confirmed_.empty() &&
         reads_confirmed_.front().first <= last_applied_) {
    const Reader reader = reads_confirmed_.front().second;
    reads_confirmed_.pop_front();
    effects.call(reader.slot, reader.id, ReadConfirmed{true});
  }
}

void Raft::fail_led_reads(Effects& effects) {
  for (const auto* list : {&reads_in_round_, &reads_waiting_}) {
    for (const Reader& reader : *list) {
      if (reader.node == self()) effects.call(reader.slot, reader.id, ReadConfirmed{false});
    }
  }
  reads_in_round_.clear();
  reads_waiting_.clear();
}

// --- follower ------------------------------------------------------------------------------------

void Raft::forward_reads(Effects& effects) {
  if (!reads_forwarded_.empty() || reads_to_forward_.empty()) return;
  reads_forwarded_.swap(reads_to_forward_);
  ++read_batch_;
  repeat_forwarded_reads(effects);
}

/// Again with every heartbeat, in case question or answer was lost.
void Raft::repeat_forwarded_reads(Effects& effects) {
  if (reads_forwarded_.empty()) return;
  effects.send(leader_, ReadIndex{hard_.term, read_batch_});
}

void Raft::handle(const Input& input, Effects& effects, const ReadIndex& request) {
  if (!observe_term(input, effects, request.term) || !leads()) return;
  for (const auto* list : {&reads_in_round_, &reads_waiting_}) {
    for (const Reader& reader : *list) {
      if (reader.node == input.from && reader.id == request.batch) return;  // asked again
    }
  }
  reads_waiting_.push_back({input.from, request.batch, Slot::consensus});
  begin_read_round(effects);
}

void Raft::handle(const Input& input, Effects& effects, const ReadIndexReply& reply) {
  observe_term(input, effects, reply.term);
  // An index confirmed after the question was asked serves in any term.
  if (reads_forwarded_.empty() || reply.batch != read_batch_) return;
  for (const Reader& reader : reads_forwarded_) reads_confirmed_.emplace_back(reply.index, reader);
  reads_forwarded_.clear();
  answer_reads(effects);
  forward_reads(effects);
}

void Raft::fail_forwarded_reads(Effects& effects) {
  for (const auto* list : {&reads_forwarded_, &reads_to_forward_}) {
    for (const Reader& reader : *list) {
      effects.call(reader.slot, reader.id, ReadConfirmed{false});
    }
  }
  reads_forwarded_.clear();
  reads_to_forward_.clear();
}

}  // namespace ledgerlab::raft
