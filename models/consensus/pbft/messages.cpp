#include "models/consensus/pbft/messages.hpp"

namespace ledgerlab::pbft {

BatchRef make_batch(PayloadRef payload, std::vector<NodeId> askers) {
  auto batch = std::make_shared<Batch>();
  batch->digest = batch_digest(*payload);
  auto block = std::make_shared<Block>();
  block->id = batch->digest.root;
  block->payload = std::move(payload);
  batch->block = std::move(block);
  batch->askers = std::move(askers);
  return batch;
}

void codec_write(codec::Writer& writer, const PreparedProof& value) { writer(*value.frames); }

bool codec_read(codec::Reader& reader, PreparedProof& value) {
  std::vector<MessageRef> frames;
  reader(frames);
  if (!reader.ok()) return false;
  value.frames = std::make_shared<const std::vector<MessageRef>>(std::move(frames));
  return true;
}

std::string ViewChange::describe() const {
  std::string text =
      "ViewChange v=" + std::to_string(view) + " stable=" + std::to_string(stable) + " P=[";
  for (const PreparedProof& proof : prepared) {
    const auto* order = proof.frames->empty() ? nullptr : proof.frames->front()->as<PrePrepare>();
    if (order)
      text += (text.back() == '[' ? "" : " ") + std::to_string(order->seq) + "/" +
              std::to_string(order->view);
  }
  return text + "]";
}

std::string NewView::describe() const {
  std::string text = "NewView v=" + std::to_string(view) + " V={";
  for (const MessageRef& frame : view_changes) {
    text += (text.back() == '{' ? "" : " ") + std::to_string(frame->author());
  }
  text += "} O=[";
  for (const MessageRef& frame : pre_prepares) {
    const auto* order = frame->as<PrePrepare>();
    if (order)
      text += (text.back() == '[' ? "" : " ") + std::to_string(order->seq) +
              (order->digest.is_null() ? "=null" : "");
  }
  return text + "]";
}

}  // namespace ledgerlab::pbft
