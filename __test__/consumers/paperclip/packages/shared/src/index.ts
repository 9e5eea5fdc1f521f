export interface Environment {
  id: string;
  name: string;
}
