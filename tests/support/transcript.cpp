#include "tests/support/transcript.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ledgerlab::test {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

NodeId node_of(const std::string& word) { return static_cast<NodeId>(std::stoul(word)); }

struct Link {
  NodeId from;
  NodeId to;
};
Link link_of(const std::string& word) {
  const auto arrow = word.find("->");
  if (arrow == std::string::npos) throw std::logic_error("a link is written 0->1, not " + word);
  return {node_of(word.substr(0, arrow)), node_of(word.substr(arrow + 2))};
}

}  // namespace

std::string Transcript::make_world(const std::vector<std::string>& words) {
  ModuleWorld::Options options;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string key = words[i].substr(0, equals);
    std::string value = words[i].substr(equals + 1);
    for (char& c : value) c = c == '_' ? ' ' : c;  // "250_ms"
    if (key == "replicas") {
      options.replicas = node_of(value);
    } else {
      options.params[key] = value == "on next" ? "on_next" : value;
    }
  }
  world_ = std::make_unique<ModuleWorld>(*info_, options);
  return "";
}

bool Transcript::network_command(const std::vector<std::string>& words) {
  const std::string& verb = words[0];
  if (verb == "deliver" && words.size() == 1) {
    world_->deliver_one();
  } else if (verb == "deliver") {
    const Link link = link_of(words[1]);
    for (std::size_t i = 0; i < world_->flights().size(); ++i) {
      const auto& flight = world_->flights()[i];
      if (flight.from != link.from || flight.to != link.to) continue;
      world_->deliver(i);
      break;
    }
  } else if (verb == "deliver-all") {
    world_->deliver_all();
  } else if (verb == "drop") {
    const Link link = link_of(words.at(1));
    world_->drop(link.from, link.to);
  } else if (verb == "drop-all") {
    world_->drop_all();
  } else if (verb == "cut") {
    world_->cut(node_of(words.at(1)), node_of(words.at(2)));
  } else if (verb == "isolate") {
    world_->isolate(node_of(words.at(1)));
  } else if (verb == "heal") {
    world_->heal();
  } else {
    return false;
  }
  return true;
}

std::string Transcript::node_command(const std::vector<std::string>& words) {
  const std::string& verb = words[0];
  if (verb == "start" && words.size() == 1) {
    world_->start_all();
    return "";
  }
  const NodeId node = node_of(words.at(1));
  if (verb == "start") {
    world_->start(node);
  } else if (verb == "tick") {
    for (std::uint32_t kind = 0; kind < timers_.size(); ++kind) {
      if (timers_[kind] == words.at(2)) return world_->fire(node, kind) ? "" : "timer not set\n";
    }
    throw std::logic_error("no timer " + words[2]);
  } else if (verb == "propose") {
    world_->propose(node, words.at(2));
  } else if (verb == "read") {
    world_->read(node);
  } else if (verb == "manual-disk") {
    world_->set_manual_disk(node, true);
  } else if (verb == "persisted") {
    world_->persisted(node);
  } else if (verb == "crash") {
    world_->crash(node, words.size() > 2 ? std::stoul(words[2]) : 0);
  } else if (verb == "restart") {
    world_->restart(node);
  } else if (verb == "forget-application") {
    world_->forget_application(node);
  } else {
    throw std::logic_error("unknown command " + verb);
  }
  return "";
}

std::string Transcript::show(const std::vector<std::string>& words) const {
  std::string out;
  for (NodeId node = 0; node < world_->n(); ++node) {
    if (words.size() > 1 && node != node_of(words[1])) continue;
    out += std::to_string(node) + ":";
    if (words[0] == "log") {
      for (const std::string& text : world_->application(node).text) out += " " + text;
    } else if (!world_->alive(node)) {
      out += " down";
    } else {
      for (const auto& [name, value] : world_->fields(node)) out += " " + name + "=" + value;
    }
    out += "\n";
  }
  return out;
}

std::string Transcript::execute(const std::string& command) {
  const std::vector<std::string> words = words_of(command);
  std::string out;
  if (words[0] == "world") {
    make_world(words);
  } else if (!world_) {
    throw std::logic_error("a transcript begins with `world`");
  } else if (words[0] == "state" || words[0] == "log") {
    out = show(words);
  } else if (const auto own = own_.find(words[0]); own != own_.end()) {
    out = own->second(*world_, words);
  } else if (!network_command(words)) {
    out = node_command(words);
  }
  for (const std::string& line : world_->take_lines()) out += line + "\n";
  return out.empty() ? "ok\n" : out;
}

std::string Transcript::run(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  bool answer = false;  // inside what was said to happen last time
  for (std::string line; std::getline(in, line);) {
    if (line == "----") {
      answer = true;
      continue;
    }
    if (line.empty()) answer = false;
    if (answer) continue;
    if (line.empty() || line[0] == '#') {
      if (!(line.empty() && out.ends_with("\n\n"))) out += line + "\n";
      continue;
    }
    out += line + "\n----\n" + execute(line) + "\n";
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string Transcript::check(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return "no file " + file.string();
  std::stringstream content;
  content << in.rdbuf();
  const std::string is = run(content.str());
  if (is == content.str()) return "";
  if (std::getenv("LEDGERLAB_REWRITE") != nullptr) {
    std::ofstream(file) << is;
    return "";
  }
  std::istringstream said(content.str());
  std::istringstream happens(is);
  std::string a;
  std::string b;
  int number = 0;
  do {
    ++number;
    if (!std::getline(said, a)) a = "(end)";
    if (!std::getline(happens, b)) b = "(end)";
  } while (a == b && a != "(end)");
  return file.filename().string() + " line " + std::to_string(number) + "\n  says:    " + a +
         "\n  happens: " + b + "\n(LEDGERLAB_REWRITE=1 refreshes the file)";
}

}  // namespace ledgerlab::test
