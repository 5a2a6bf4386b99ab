import { Arena } from "@/components/arena";

export default function Page() {
  return <Arena />;
}
