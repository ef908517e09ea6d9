#include "models/parts/pipeline/state.hpp"

#include <algorithm>

#include "models/codec/codec.hpp"

namespace ledgerlab::pipeline {
namespace {

constexpr std::size_t version_bytes = 8;

Version version_in(ByteView leaf) {
  Version version = 0;
  for (std::size_t i = 0; i < version_bytes; ++i) version = version << 8 | leaf[i];
  return version;
}

}  // namespace

Bytes encode_leaf(ByteView value, Version version) {
  Bytes out(version_bytes);
  for (std::size_t i = 0; i < version_bytes; ++i) {
    out[i] = static_cast<Byte>(version >> (8 * (version_bytes - 1 - i)));
  }
  out.insert(out.end(), value.begin(), value.end());
  return out;
}

Versioned State::get(ByteView key) const {
  const auto leaf = trie_.get(key);
  if (!leaf) return {};
  return {Bytes(leaf->begin() + version_bytes, leaf->end()), version_in(*leaf)};
}

Version State::version(ByteView key) const {
  const auto leaf = trie_.get(key);
  return leaf ? version_in(*leaf) : 0;
}

void State::set(ByteView key, ByteView value, Version version) {
  if (value.empty()) {
    trie_.erase(key);
  } else {
    trie_.insert(key, encode_leaf(value, version));
  }
}

void State::apply(const std::vector<WriteItem>& writes, Version version) {
  for (const WriteItem& write : writes) set(write.key, write.value, version);
}

Bytes State::serialise() const {
  Bytes out;
  codec::Writer writer(out);
  trie_.by_hash().visit([&](ByteView key, ByteView leaf) {
    writer.raw(key);
    writer(Bytes(leaf.begin(), leaf.end()));
    return true;
  });
  return out;
}

std::optional<State> State::deserialise(ByteView bytes) {
  State state;
  codec::Reader reader(bytes);
  Hash256 last;
  bool first = true;
  while (reader.remaining() > 0) {
    Hash256 key;
    Bytes leaf;
    reader(key, leaf);
    if (!reader.ok() || leaf.size() <= version_bytes || version_in(leaf) == 0 ||
        (!first && key <= last)) {
      return std::nullopt;
    }
    state.trie_.by_hash().insert(key.view(), leaf);
    last = key;
    first = false;
  }
  return state;
}

Bytes Recorder::original(ByteView key) {
  const auto [read, made] = reads_.try_emplace(Bytes(key.begin(), key.end()));
  if (made) read->second = base_.get(key);
  return read->second.value;
}

Bytes Recorder::get(ByteView key) {
  const auto written = writes_.find(Bytes(key.begin(), key.end()));
  return written != writes_.end() ? written->second : original(key);
}

void Recorder::put(ByteView key, ByteView value) {
  const auto [write, made] = writes_.try_emplace(Bytes(key.begin(), key.end()));
  journal_.push_back({write->first, made ? std::nullopt : std::optional(std::move(write->second))});
  write->second.assign(value.begin(), value.end());
}

void Recorder::revert(std::size_t mark) {
  while (journal_.size() > mark) {
    Undo& undo = journal_.back();
    if (undo.before) {
      writes_[undo.key] = std::move(*undo.before);
    } else {
      writes_.erase(undo.key);
    }
    journal_.pop_back();
  }
}

ReadWriteSet Recorder::set() const {
  ReadWriteSet out;
  for (const auto& [key, read] : reads_) out.reads.push_back({key, read.version});
  for (const auto& [key, value] : writes_) {
    // What was read and is as it was is not written: it would only stand in others' way.
    const auto read = reads_.find(key);
    if (read != reads_.end() && read->second.value == value) continue;
    out.writes.push_back({key, value, value.empty()});
  }
  return out;
}

bool reads_are_current(const ReadWriteSet& set, const State& state) {
  return std::all_of(set.reads.begin(), set.reads.end(),
                     [&](const ReadItem& read) { return state.version(read.key) == read.version; });
}

}  // namespace ledgerlab::pipeline
