#include "models/parts/files/memory_folder.hpp"

#include <algorithm>

#include "models/base/draw.hpp"

namespace ledgerlab::files {
namespace {

constexpr Purpose kept_purpose{"files.kept"};

void write_into(Bytes& content, std::uint64_t offset, ByteView bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryFolder> folder, MemoryFolder::ContentRef content)
      : folder_(std::move(folder)), content_(std::move(content)) {}

  Bytes read(std::uint64_t offset, std::size_t size) override {
    if (folder_->failed_) throw FileError(FileError::Kind::io, "no power");
    const Bytes& bytes = content_->bytes;
    if (offset >= bytes.size()) return {};
    const std::size_t end = std::min<std::uint64_t>(bytes.size(), offset + size);
    return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                 bytes.begin() + static_cast<std::ptrdiff_t>(end));
  }
  void write(std::uint64_t offset, ByteView bytes) override {
    folder_->count();
    const std::uint64_t end = offset + bytes.size();
    const std::uint64_t more = end > content_->bytes.size() ? end - content_->bytes.size() : 0;
    if (folder_->limit_ != MemoryFolder::never && folder_->bytes() + more > folder_->limit_) {
      throw FileError(FileError::Kind::full, "no space left");
    }
    folder_->written_ += bytes.size();
    write_into(content_->bytes, offset, bytes);
    content_->pending.push_back({false, offset, Bytes(bytes.begin(), bytes.end())});
  }
  void truncate(std::uint64_t size) override {
    folder_->count();
    content_->bytes.resize(size);
    content_->pending.push_back({true, size, {}});
  }
  void sync() override {
    folder_->count();
    ++folder_->syncs_;
    content_->durable = content_->bytes;
    content_->pending.clear();
  }
  std::uint64_t size() override {
    if (folder_->failed_) throw FileError(FileError::Kind::io, "no power");
    return content_->bytes.size();
  }

 private:
  std::shared_ptr<MemoryFolder> folder_;
  MemoryFolder::ContentRef content_;
};

void MemoryFolder::count() {
  if (failed_ || operations_ == fail_at_) {
    failed_ = true;
    throw FileError(FileError::Kind::io, "no power");
  }
  ++operations_;
}

void MemoryFolder::set_name(const std::string& name, ContentRef content) {
  if (content) {
    names_[name] = content;
  } else {
    names_.erase(name);
  }
  pending_names_.push_back({name, std::move(content)});
}

std::unique_ptr<File> MemoryFolder::open(const std::string& name, bool create) {
  const auto found = names_.find(name);
  if (found != names_.end()) {
    if (failed_) throw FileError(FileError::Kind::io, "no power");
    return std::make_unique<MemoryFile>(shared_from_this(), found->second);
  }
  if (!create) throw FileError(FileError::Kind::missing, "there is no file " + name);
  count();
  auto content = std::make_shared<Content>();
  set_name(name, content);
  return std::make_unique<MemoryFile>(shared_from_this(), std::move(content));
}

void MemoryFolder::remove(const std::string& name) {
  count();
  if (!names_.contains(name)) throw FileError(FileError::Kind::missing, "no file " + name);
  set_name(name, nullptr);
}

void MemoryFolder::rename(const std::string& from, const std::string& to) {
  count();
  const auto found = names_.find(from);
  if (found == names_.end()) throw FileError(FileError::Kind::missing, "no file " + from);
  const ContentRef content = found->second;
  set_name(to, content);
  set_name(from, nullptr);
}

std::vector<std::string> MemoryFolder::list() {
  std::vector<std::string> out;
  for (const auto& [name, content] : names_) out.push_back(name);
  return out;
}

void MemoryFolder::sync() {
  count();
  ++syncs_;
  durable_names_ = names_;
  pending_names_.clear();
}

std::shared_ptr<MemoryFolder> MemoryFolder::after_power_loss(std::uint64_t seed) const {
  std::uint64_t number = 0;
  const auto kept = [&] {
    return seed != 0 && (draw64(seed, 0, kept_purpose, number++) & 1) != 0;
  };
  // Names change in the journal's order: a prefix of them is kept.
  std::map<std::string, ContentRef> names = durable_names_;
  for (const NameChange& change : pending_names_) {
    if (!kept()) break;
    if (change.content) {
      names[change.name] = change.content;
    } else {
      names.erase(change.name);
    }
  }
  auto out = std::make_shared<MemoryFolder>();
  for (const auto& [name, content] : names) {
    Bytes bytes = content->durable;
    for (const Change& change : content->pending) {
      if (change.cut) {
        if (kept()) bytes.resize(change.offset);
        continue;
      }
      // Sector by sector: each old or new.
      std::size_t done = 0;
      while (done < change.bytes.size()) {
        const std::uint64_t at = change.offset + done;
        const std::size_t size =
            std::min<std::uint64_t>(sector - at % sector, change.bytes.size() - done);
        if (kept()) write_into(bytes, at, ByteView(change.bytes).subspan(done, size));
        done += size;
      }
    }
    auto found = std::make_shared<Content>();
    found->bytes = found->durable = std::move(bytes);
    out->names_[name] = out->durable_names_[name] = std::move(found);
  }
  return out;
}

std::shared_ptr<MemoryFolder> MemoryFolder::copy() const {
  auto out = std::make_shared<MemoryFolder>();
  for (const auto& [name, content] : names_) {
    auto copied = std::make_shared<Content>();
    copied->bytes = copied->durable = content->bytes;
    out->names_[name] = out->durable_names_[name] = std::move(copied);
  }
  return out;
}

void MemoryFolder::flip(const std::string& name, std::uint64_t offset, unsigned bit) {
  Content& content = *names_.at(name);
  content.bytes.at(offset) ^= static_cast<Byte>(1u << bit);
  content.durable = content.bytes;
  content.pending.clear();
}

std::uint64_t MemoryFolder::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, content] : names_) sum += content->bytes.size();
  return sum;
}

}  // namespace ledgerlab::files
