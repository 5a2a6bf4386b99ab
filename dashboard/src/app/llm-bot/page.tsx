import { Arena } from "@/features/arena/arena";

export default function Page() {
  return <Arena />;
}
